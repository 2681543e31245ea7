// One of the two npm libraries against our `interop` example.
//
//   node npm.cjs NAME MODULE_FOLDER INTEROP_BINARY VECTORS_OR_DASH
//
// With a file of vectors, the hash we sign for each request is compared with the library's as well.
'use strict';

const { spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const querystring = require('node:querystring');

const [name, folder, binary, vectors] = process.argv.slice(2);
const jwt = require(folder);

// The same as in crates/connect-core/examples/interop.rs.
const CLIENT_KEY = 'interop-site-1';
const APP_KEY = 'com.example.interop';
const SECRET = 'the shared secret of the interop test, räksmörgås included';
const APP = 'https://app.example';
const SITE = 'https://acme.example';
const HS256 = jwt.SymmetricAlgorithm.HS256;
const RS256 = jwt.AsymmetricAlgorithm.RS256;

const now = Math.floor(Date.now() / 1000);
const times = { iat: now, exp: now + 180 };
const requests = JSON.parse(fs.readFileSync(path.join(__dirname, 'requests.json'), 'utf8'));
const keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = keys.publicKey.export({ type: 'spki', format: 'pem' });
const privatePem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
const privateDer = keys.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');

let passed = 0;
let failed = 0;

function check(label, good, detail) {
  if (good) {
    passed += 1;
  } else {
    failed += 1;
    console.error(`${name}: FAILED ${label}${detail === undefined ? '' : `: ${detail}`}`);
  }
}

// Commands are collected with what to do with their answers, and sent in one go.
const commands = [];

function ask(command, then) {
  commands.push({ line: JSON.stringify({ now, ...command }), then });
}

function weAccept(label, command) {
  ask(command, (answer) => check(`we accept ${label}`, answer.error === undefined, answer.error));
}

function weRefuse(label, command, reason) {
  ask(command, (answer) =>
    check(`we refuse ${label}`, answer.error !== undefined && reason.test(answer.error), answer.error));
}

function hash(request, base) {
  const line = request.form === undefined
    ? jwt.fromMethodAndUrl(request.method, request.target)
    : jwt.fromMethodAndPathAndBody(request.method, request.target, querystring.parse(request.form));
  return jwt.createQueryStringHash(line, request.form !== undefined, base);
}

function throws(work, reason) {
  try {
    work();
    return false;
  } catch (error) {
    return reason.test(error.message);
  }
}

// The claims changed, the signature kept.
function forge(token, change) {
  const [head, body, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(body, 'base64url')), ...change };
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

function flipLast(token) {
  const [head, body, signature] = token.split('.');
  const first = signature[0] === 'A' ? 'B' : 'A';
  return [head, body, first + signature.slice(1)].join('.');
}

const SIGNATURE = /signature/i;
const QSH = /query string hash|qsh/i;
const ALGORITHM = /algorithm/i;

function hostTokensOfTheLibrary() {
  const forms = [
    { method: 'POST', target: '/page', form: 'b=2&a=1&a=0' },
    { method: 'PUT', target: '/page', form: 'q=r%C3%A4k+sm' },
    // The library sorts raw names, we sort encoded ones and accept both.
    { method: 'GET', target: '/page?a%5B%5D=1&aB=2&a%20=3' },
  ];
  for (const request of [...requests, ...forms]) {
    const app = request.app ?? APP;
    const label = `${request.method} ${request.target} ${request.form ?? ''}`;
    const claims = { iss: CLIENT_KEY, sub: 'ada', qsh: hash(request, app), ...times };
    const token = jwt.encodeSymmetric(claims, SECRET, HS256);
    const command = { do: 'accept-host', ...request, app, token };
    weAccept(label, command);
    weRefuse(`${label}, other claims`, { ...command, token: forge(token, { sub: 'eve' }) }, SIGNATURE);
    weRefuse(`${label}, a bit of the signature`, { ...command, token: flipLast(token) }, SIGNATURE);
    weRefuse(`${label}, other path`, { ...command, target: `/x${request.target}` }, QSH);
    weRefuse(`${label}, other method`, { ...command, method: 'PATCH', form: undefined }, QSH);
    const joint = request.target.includes('?') ? '&' : '?';
    weRefuse(`${label}, one more parameter`, { ...command, target: `${request.target}${joint}zz=1` }, QSH);
  }
  const request = { method: 'GET', target: '/page' };
  const claims = { iss: CLIENT_KEY, qsh: hash(request, APP), ...times };
  const accept = (token) => ({ do: 'accept-host', ...request, token });
  weRefuse('another secret', accept(jwt.encodeSymmetric(claims, 'another secret')), SIGNATURE);
  weRefuse('HS512', accept(jwt.encodeSymmetric(claims, SECRET, 'HS512')), ALGORITHM);
  const old = { ...claims, iat: now - 900, exp: now - 600 };
  weRefuse('an expired token', accept(jwt.encodeSymmetric(old, SECRET)), /expired/);
}

function tokensOfOurs() {
  for (const request of requests) {
    for (const [make, iss, base] of [
      ['mint-request', APP_KEY, request.site ?? SITE],
      ['mint-host', CLIENT_KEY, request.app ?? APP],
    ]) {
      ask({ do: make, ...request, site: request.site ?? SITE, app: request.app ?? APP }, (answer) => {
        const label = `${make} ${request.method} ${request.target}`;
        const token = answer.token;
        if (token === undefined) {
          return check(label, false, answer.error);
        }
        const decoded = jwt.decodeSymmetric(token, SECRET, HS256);
        check(`${label} is decoded`, decoded.iss === iss && decoded.exp === now + 180);
        check(`${label} is for the request`, decoded.qsh === hash(request, base));
        const other = { ...request, target: `${request.target}x` };
        check(`${label} is for no other request`, decoded.qsh !== hash(other, base));
        const refused = (what, token, secret, reason) =>
          check(`${label}, ${what}, is refused`, throws(() => jwt.decodeSymmetric(token, secret, HS256), reason));
        refused('other claims', forge(token, { iss: 'eve' }), SECRET, SIGNATURE);
        refused('a bit of the signature', flipLast(token), SECRET, SIGNATURE);
        refused('another secret', token, 'another secret', SIGNATURE);
      });
    }
  }
  ask({ do: 'mint-session' }, ({ token, error }) => {
    if (token === undefined) {
      return check('mint-session', false, error);
    }
    const decoded = jwt.decodeSymmetric(token, SECRET, HS256);
    check('a session token is decoded', decoded.iss === APP_KEY && decoded.aud[0] === CLIENT_KEY);
    check('a session token has no hash', decoded.qsh === undefined);
    check('a session token is no RS256 token', throws(() => jwt.decodeAsymmetric(token, publicPem, RS256), ALGORITHM));
    check('a forged session token is refused',
      throws(() => jwt.decodeSymmetric(forge(token, { sub: 'eve' }), SECRET, HS256), SIGNATURE));
  });
}

function installTokens() {
  const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const otherPem = other.publicKey.export({ type: 'spki', format: 'pem' });
  for (const [target, app] of [
    ['/installed', APP],
    ['/uninstalled?user_key=ada', APP],
    ['/base/installed', 'https://app.example/base'],
  ]) {
    const request = { method: 'POST', target };
    const claims = { iss: CLIENT_KEY, aud: [app], qsh: hash(request, app), ...times };
    const token = jwt.encodeAsymmetric(claims, privatePem, RS256, { kid: 'host/key-1' });
    const command = { do: 'accept-install', ...request, app, token, pem: publicPem };
    weAccept(`install ${target}`, command);
    weRefuse(`install ${target}, other claims`, { ...command, token: forge(token, { iss: 'eve' }) }, SIGNATURE);
    weRefuse(`install ${target}, a bit of the signature`, { ...command, token: flipLast(token) }, SIGNATURE);
    weRefuse(`install ${target}, other key`, { ...command, pem: otherPem }, SIGNATURE);
    weRefuse(`install ${target}, other path`, { ...command, target: '/enabled' }, QSH);
    weRefuse(`install ${target}, other audience`, { ...command, app: 'https://else.example' }, /audience|for another/i);
    // The classic: the public key, which everybody has, taken for a shared secret.
    const confused = jwt.encodeSymmetric(claims, publicPem, HS256);
    weRefuse(`install ${target}, HS256 with the public key`, { ...command, token: confused }, ALGORITHM);

    ask({ do: 'mint-install', key: privateDer, kid: 'host/key-1', claims }, ({ token: ours, error }) => {
      const label = `our install token for ${target}`;
      if (ours === undefined) {
        return check(label, false, error);
      }
      const decoded = jwt.decodeAsymmetric(ours, publicPem, RS256);
      check(`${label} is decoded`, decoded.iss === CLIENT_KEY && decoded.qsh === claims.qsh);
      check(`${label} has its key id`, jwt.getKeyId(ours) === 'host/key-1');
      const refused = (what, token, pem) =>
        check(`${label}, ${what}, is refused`, throws(() => jwt.decodeAsymmetric(token, pem, RS256), SIGNATURE));
      refused('other claims', forge(ours, { iss: 'eve' }), publicPem);
      refused('a bit of the signature', flipLast(ours), publicPem);
      refused('other key', ours, otherPem);
    });
  }
}

// Where the two canonical requests may differ. Each rule feeds the library what it would have had to
// see, and then the two must be equal to the letter. A difference that no rule explains fails, and
// so does a rule that explains nothing any more.
const RULES = {
  'base path: we take whole segments away, the library letters': ({ vector, sent }) =>
    jwt.createCanonicalRequest(sent, vector.form_body !== undefined, ''),
  'broken escapes: we build no such request, the library repairs it': ({ ours }) =>
    /percent-encoding/.test(ours.error ?? '') ? ours.canonical : null,
  'form bodies: we never hash the body of a request of our own': ({ vector, line }) =>
    vector.form_body === undefined ? null : jwt.createCanonicalRequest(line, false, vector.base_url),
  'many parameters: we hash all, the parser of Node stops at 1,000': ({ vector, line }) => {
    const query = querystring.parse(vector.url.split('?')[1], '&', '=', { maxKeys: 0 });
    return jwt.createCanonicalRequest({ ...line, query }, false, vector.base_url);
  },
  'order of names: we sort them encoded, the library as they read': ({ theirs }) => {
    const [method, pathname, ...pairs] = theirs.split('&');
    const name = (pair) => pair.slice(0, pair.indexOf('='));
    pairs.sort((a, b) => (name(a) < name(b) ? -1 : 1));
    return [method, pathname, ...pairs].join('&');
  },
  'quotes in a path: we sign what is sent, the parser of Node escapes them': ({ vector, line }) => {
    const pathname = line.pathname.replaceAll('%27', "'");
    return vector.url.includes("'") ? jwt.createCanonicalRequest({ ...line, pathname }, false, vector.base_url) : null;
  },
};

function hashesOfVectors(file) {
  const used = new Map();
  for (const vector of JSON.parse(fs.readFileSync(file, 'utf8')).vectors) {
    const base = vector.base_url === '' ? '' : new URL(vector.base_url).pathname;
    ask({ do: 'canonical', method: vector.method, target: vector.url, base }, (ours) => {
      const line = jwt.fromMethodAndUrl(vector.method, vector.url);
      const sent = vector.form_body === undefined
        ? line
        : jwt.fromMethodAndPathAndBody(vector.method, vector.url, querystring.parse(vector.form_body));
      const theirs = jwt.createCanonicalRequest(sent, vector.form_body !== undefined, vector.base_url);
      const label = `the hash of ${vector.id}`;
      if (ours.canonical === theirs) {
        const qsh = jwt.createQueryStringHash(sent, vector.form_body !== undefined, vector.base_url);
        return check(label, ours.qsh === qsh);
      }
      const names = Object.keys(RULES);
      const rule = names.find((name) => RULES[name]({ vector, ours, theirs, line, sent }) === ours.canonical);
      const short = (text) => String(text).slice(0, 300);
      check(label, rule !== undefined, `ours ${short(ours.canonical ?? ours.error)} theirs ${short(theirs)}`);
      used.set(rule, (used.get(rule) ?? 0) + 1);
    });
    // What a call of ours carries is the hash that was just compared, in a token the library reads.
    const known = commands[commands.length - 1];
    const compare = known.then;
    let canonical;
    known.then = (ours) => {
      canonical = ours.canonical;
      compare(ours);
    };
    ask({ do: 'mint-request', method: vector.method, target: vector.url, site: SITE + base.replace(/\/$/, '') }, (ours) => {
      const label = `the call of ${vector.id}`;
      if (canonical === undefined) {
        return check(`${label} is not made`, ours.token === undefined);
      }
      const expected = crypto.createHash('sha256').update(canonical).digest('hex');
      const decoded = ours.token && jwt.decodeSymmetric(ours.token, SECRET, HS256);
      check(label, decoded?.qsh === expected, ours.error);
    });
  }
  return () => {
    for (const rule of Object.keys(RULES)) {
      check(`a rule still needed: ${rule}`, used.has(rule));
      console.log(`${name}: ${used.get(rule) ?? 0} known differences, ${rule}`);
    }
  };
}

hostTokensOfTheLibrary();
tokensOfOurs();
installTokens();
const summary = vectors === '-' ? () => {} : hashesOfVectors(vectors);

const run = spawnSync(binary, [], {
  input: commands.map((command) => `${command.line}\n`).join(''),
  encoding: 'utf8',
  timeout: 60_000,
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = (run.stdout ?? '').split('\n').filter((line) => line !== '');
check('one answer for each command', run.status === 0 && answers.length === commands.length,
  `${answers.length} of ${commands.length}, status ${run.status}`);
if (answers.length === commands.length) {
  answers.forEach((answer, index) => commands[index].then(JSON.parse(answer)));
  summary();
}
console.log(`${name}: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
