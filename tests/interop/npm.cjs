// One of the two npm libraries against ours. Usage: node npm.cjs PACKAGE OUR_PROGRAM
"use strict";

const { spawnSync } = require("child_process");
const { generateKeyPairSync } = require("crypto");
const fs = require("fs");
const path = require("path");

const [name, program] = process.argv.slice(2);
const lib = require(name);
const NOW = Math.floor(Date.now() / 1000);
const SECRET = "marmot/made-up+secret~for~tests~5c1a7e0d93b2f684";
const ADA = "712020:ada-of-the-tests";
const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, "../vectors/qsh.json"), "utf8")).vectors;

// All orders go to our program in one run; what is to be said of its answers waits beside them.
const orders = [];
const checks = [];
function ours(title, order, check) {
  orders.push({ now: NOW, ...order });
  checks.push({ title, check });
}
const accepted = (expected) => (answer) => answer.ok === expected || `answered ${JSON.stringify(answer)}`;
const refused = (answer) => "refused" in answer || `answered ${JSON.stringify(answer)}`;
const equal = (a, b) => a === b || `${JSON.stringify(a)} is not ${JSON.stringify(b)}`;

const hash = (method, url, base) => lib.createQueryStringHash(lib.fromMethodAndUrl(method, url), false, base);
const claims = (method, url, change) => ({
  sub: ADA, qsh: hash(method, url), iss: "marmot-91c0", context: {}, iat: NOW, exp: NOW + 180, ...change,
});
const sign = (payload, secret = SECRET, algorithm = "HS256") => lib.encodeSymmetric(payload, secret, algorithm);

// Tokens of a host, made by the library.
const targets = [
  ["GET", "/board"], ["GET", "/board/"], ["POST", "/webhooks/issue-created"], ["DELETE", "/a/b?x"],
  ["GET", "/board?b=2&a=1&b=1&c=%C3%BC%20x&d=a%2Cb"], ["GET", "/board?cp=&lic=active&cv=1001.0.0-SNAPSHOT"],
  ["PUT", "/board/a%20b?x=*~'()!"], ["GET", "/board?xdm_e=https%3A%2F%2Fmarmot.atlassian.net&xdm_c=channel-1"],
];
for (const [method, target] of targets) {
  const order = { do: "verify_host", method, target };
  ours(`${method} ${target}`, { ...order, token: sign(claims(method, target)) }, accepted(ADA));
  ours(`${method} ${target}, other secret`, { ...order, token: sign(claims(method, target), SECRET + "x") }, refused);
  const other = target + (target.includes("?") ? "&" : "?") + "y=1";
  ours(`${method} ${target}, other request`, { ...order, target: other, token: sign(claims(method, target)) }, refused);
}
const page = { do: "verify_host", method: "GET", target: "/board" };
ours("aud as a text", { ...page, token: sign(claims("GET", "/board", { aud: "org.sample.planner" })) }, accepted(ADA));
ours("aud as a list", { ...page, token: sign(claims("GET", "/board", { aud: ["org.sample.planner"] })) }, accepted(ADA));
ours("nobody", { ...page, token: sign(claims("GET", "/board", { sub: undefined })) }, accepted(null));
ours("expired", { ...page, token: sign(claims("GET", "/board", { iat: NOW - 900, exp: NOW - 600 })) }, refused);
ours("HS512", { ...page, token: sign(claims("GET", "/board"), SECRET, "HS512") }, refused);
const inContext = sign(claims("GET", "/board", { qsh: "context-qsh" }));
ours("a context token", { do: "verify_context", token: inContext }, accepted(ADA));
ours("a context token for a page", { ...page, token: inContext }, refused);

// Install tokens, made by the library with a key of its own.
const pair = () => generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const host = pair();
const install = { do: "verify_install", method: "POST", target: "/installed", pem: host.publicKey };
const installClaims = claims("POST", "/installed", { sub: undefined, aud: ["https://planner.sample.org"] });
const signed = (key) => lib.encodeAsymmetric(installClaims, key, "RS256", { kid: "interop" });
ours("an install", { ...install, token: signed(host.privateKey) }, accepted("marmot-91c0"));
ours("an install of a stranger", { ...install, token: signed(pair().privateKey) }, refused);
ours("an install by the shared secret", { ...install, token: sign(installClaims) }, refused);

// Our tokens, read by the library.
for (const [method, target] of [["GET", "/wiki/rest/api/user/current"], ["GET", "/wiki/rest/api/content?b=2&a=x%20y&b=1"], ["POST", "/wiki/rest/api/content"]]) {
  ours(`our call of ${method} ${target}`, { do: "request_token", method, target }, ({ ok }) => {
    const read = lib.decodeSymmetric(ok, SECRET, "HS256");
    return equal([read.iss, read.aud[0], read.qsh].join(), ["org.sample.planner", "marmot-91c0", hash(method, target, "https://marmot.atlassian.net/wiki")].join());
  });
}
ours("our session", { do: "session_token", user: ADA }, ({ ok }) => {
  const read = lib.decodeSymmetric(ok, SECRET, "HS256");
  return equal([read.iss, read.sub, read.aud[0]].join(), ["org.sample.planner", ADA, "marmot-91c0"].join());
});
ours("our session, other secret", { do: "session_token", user: ADA }, ({ ok }) => {
  try {
    lib.decodeSymmetric(ok, SECRET + "x", "HS256");
    return "the library took it";
  } catch {
    return true;
  }
});
ours("our install", { do: "install_token", method: "POST", target: "/installed" }, ({ ok }) => {
  const read = lib.decodeAsymmetric(ok.token, ok.pem, "RS256");
  return equal([lib.getKeyId(ok.token), read.qsh].join(), ["interop", hash("POST", "/installed")].join());
});

// The hash of every request of our vectors, the way we sign. Where the library is known to differ,
// the rule is here, and a difference that no rule foresees is a fault.
const rules = {
  "the references disagree about this request": (vector) => vector.ambiguous === true,
  "the library sorts raw names, the host and we encoded ones": (vector) => {
    const names = query(vector).map(([name]) => name);
    const encoded = (name) => encodeURIComponent(name).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
    const raw = [...new Set(names)].sort();
    return raw.join("&") !== [...raw].sort((a, b) => (encoded(a) < encoded(b) ? -1 : 1)).join("&");
  },
  "node's URL parser rewrites characters of a path": (vector) => {
    const at = vector.url.replace(/^[a-z]+:\/\/[^/?#]*/, "").split("?")[0];
    return (require("url").parse(vector.url).pathname || "/") !== (at || "/");
  },
  "the library takes a base path that is no whole segment": (vector) => {
    const [local, base] = [vector.url.replace(/^[a-z]+:\/\/[^/?#]*/, ""), vector.base_url.replace(/^[a-z]+:\/\/[^/]*/, "")];
    return base !== "" && local.startsWith(base) && !/^([/?#]|$)/.test(local.slice(base.length));
  },
  "node's query parser stops at 1,000 parameters": (vector) => query(vector).length > 1000,
  "a parameter without a name is no parameter": (vector) => query(vector).some(([name]) => name === ""),
};
function query(vector) {
  return [...new URLSearchParams(vector.url.split("#")[0].split("?").slice(1).join("?"))];
}
const differences = {};
for (const vector of vectors.filter((vector) => vector.form_body === undefined)) {
  const { id, method, url } = vector;
  const base = vector.base_url;
  ours(`qsh of ${id}`, { do: "qsh", method, target: url, base: base.replace(/^[a-z]+:\/\/[^/]*/, "") }, (answer) => {
    let theirs;
    try {
      theirs = hash(method, url, base || undefined);
    } catch (error) {
      theirs = error.message;
    }
    if (answer.ok === theirs) return true;
    const rule = Object.keys(rules).find((rule) => rules[rule](vector));
    if (rule) differences[rule] = (differences[rule] || 0) + 1;
    return rule !== undefined || `${method} ${url.slice(0, 200)}: ours ${answer.ok || answer.refused}, theirs ${theirs}`;
  });
}

const run = spawnSync(program, { input: orders.map((order) => JSON.stringify(order)).join("\n") + "\n", maxBuffer: 1 << 26 });
const answers = run.stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
let passed = 0;
let failed = 0;
checks.forEach(({ title, check }, index) => {
  let result;
  try {
    result = answers[index] ? check(answers[index]) : "no answer";
  } catch (error) {
    result = error.message;
  }
  if (result === true) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`  ${title}: ${result}`);
  }
});
console.log(`npm ${name} ${require(name + "/package.json").version}:`);
for (const [rule, count] of Object.entries(differences)) console.log(`  differs ${count} times: ${rule}`);
console.log(`${passed} passed, ${failed} failed`);
