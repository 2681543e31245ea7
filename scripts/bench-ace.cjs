// The peer of scripts/bench-throughput: an atlassian-connect-express app with one route behind its
// check and the same without. Usage: node bench-ace.cjs sqlite|map
// Prints its address and a token for GET /private; serves until its input ends.
"use strict";

const [store] = process.argv.slice(2);
process.env.NODE_ENV = "production";
const express = require("express");
const connect = require("atlassian-connect-express");
const jwt = require("atlassian-jwt");
const fs = require("fs");
const os = require("os");
const path = require("path");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-ace-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true }));
process.chdir(folder);
const base = "https://planner.sample.org";
fs.writeFileSync("atlassian-connect.json", JSON.stringify({
  key: "org.sample.planner", name: "Planner", baseUrl: base, authentication: { type: "jwt" },
  lifecycle: { installed: "/installed" }, apiVersion: 1,
}));
const stores = {
  // What ACE has when nothing is configured, its log of every query aside.
  sqlite: { type: "memory", logging: false },
  // The least any store of ACE could cost.
  map: { adapter: "map" },
};
fs.writeFileSync("config.json", JSON.stringify({
  production: { port: 0, localBaseUrl: base, errorTemplate: false, whitelist: ["*.atlassian.net"], store: stores[store] },
}));
connect.store.register("map", () => {
  const records = new Map();
  const name = (key, clientKey) => `${clientKey}/${key}`;
  return {
    get: async (key, clientKey) => records.get(name(key, clientKey)),
    set: async (key, value, clientKey) => (records.set(name(key, clientKey), value), value),
    del: async (key, clientKey) => records.delete(name(key, clientKey)),
  };
});

const app = express();
const addon = connect(app, { config: { descriptorTransformer: (descriptor) => descriptor } });
// As in ACE's template; without a body parser it looks for a token in the query only.
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.use(addon.middleware());
const answer = (request, response) => response.json({ hello: "world", list: [1, 2, 3] });
app.get("/private", addon.authenticate(), answer);
app.get("/public", answer);

const secret = "bench/made-up+secret~that~is~long~enough~0123456789abcdef";
const tenant = {
  key: "org.sample.planner", clientKey: "husky-7d1f", sharedSecret: secret,
  baseUrl: "https://husky.atlassian.net", productType: "jira", eventType: "installed",
};
const now = Math.floor(Date.now() / 1000);
const token = jwt.encodeSymmetric({
  iss: tenant.clientKey, sub: "712020:ada", iat: now, exp: now + 3600, context: {},
  qsh: jwt.createQueryStringHash(jwt.fromMethodAndUrl("GET", "/private")),
}, secret);

async function main() {
  // The SQL store makes its table in the background.
  for (let attempt = 0; ; attempt += 1) {
    try {
      await addon.settings.set("clientInfo", tenant, tenant.clientKey);
      break;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const server = app.listen(0, "127.0.0.1", () => {
    console.log(`http://127.0.0.1:${server.address().port} ${token}`);
  });
  process.stdin.on("end", () => process.exit(0)).resume();
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
