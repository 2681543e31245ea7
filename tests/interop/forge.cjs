// Manifests made by `connect migrate forge`, judged by Forge's own checks.
//
//   node forge.cjs NAME MODULE_FOLDER CONNECT
//
// The descriptors are those of CONNECT_DESCRIPTORS, or of the fixtures of this repository if there are none. Only
// those are taken over that `connect validate` takes.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const [name, folder, connect] = process.argv.slice(2);
const forge = require(folder);

const root = path.join(__dirname, '../..');
const given = process.env.CONNECT_DESCRIPTORS || path.join(root, '../shared/data/descriptors');
const own = path.join(root, 'tests/fixtures/descriptors');
const descriptors = fs.existsSync(given) ? given : own;
if (descriptors === own) {
  console.log(`${name}: no descriptors at ${given}: taking our own`);
}

const run = (...args) => spawnSync(connect, args, { encoding: 'utf8', cwd: os.tmpdir(), timeout: 30_000 });

/** The manifest of a descriptor, or why there is none. */
function migrate(file) {
  for (const product of [[], ['--product', 'jira']]) {
    const answer = run('migrate', 'forge', file, '--json', ...product);
    // The product is missing: either will do.
    if (answer.status !== 2) {
      return { status: answer.status, all: answer.stdout.trim() ? JSON.parse(answer.stdout.split('\n')[0]) : {} };
    }
  }
  return { status: 2, all: {} };
}

async function judge(manifest, variables) {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'forge-manifest-'));
  const before = process.cwd();
  try {
    fs.writeFileSync(path.join(place, 'manifest.yml'), manifest);
    fs.writeFileSync(path.join(place, 'package.json'), '{}');
    process.chdir(place);
    // What somebody who deploys has to set.
    for (const variable of variables) {
      process.env[variable] = variable === 'CONNECT_BASE_URL' ? 'https://app.example.com' : 'some-value';
    }
    const { success, errors } = await forge.validate();
    return success ? [] : (errors || [{ message: 'refused' }]).map((error) => error.message);
  } catch (error) {
    return [`threw ${error.message}`];
  } finally {
    process.chdir(before);
    variables.forEach((variable) => delete process.env[variable]);
    fs.rmSync(place, { recursive: true });
  }
}

(async () => {
  let passed = 0;
  let failed = 0;
  let refused = 0;
  const files = fs.readdirSync(descriptors, { recursive: true }).map(String).sort();
  for (const file of files) {
    if (!file.endsWith('.json') || file.endsWith('index.json')) {
      continue;
    }
    const full = path.join(descriptors, file);
    const { status, all } = migrate(full);
    if (status === 1) {
      refused += 1;
      continue;
    }
    const errors = status === 0 ? await judge(all.manifest, all.variables) : [`exit code ${status}`];
    if (errors.length === 0) {
      passed += 1;
    } else {
      failed += 1;
      console.error(`${name}: FAILED ${file}: ${errors.join('; ')}`);
    }
  }
  console.log(`${name}: ${refused} descriptors left out: they have errors, or are for Bitbucket`);
  console.log(`${name}: ${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
})();
