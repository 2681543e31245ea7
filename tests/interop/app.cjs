// An app on npm's `@atlassian/atlassian-jwt`; `sandbox.py` installs it.
//
//     node app.cjs KEY_SERVER FOLDER_OF_THE_LIBRARY
//
// It prints its address and serves until its input ends.
const http = require("node:http");
const [keyServer, library] = process.argv.slice(2);
const jwt = require(library);

const tenants = new Map();

const descriptor = port => ({
  key: "com.example.interop-node", name: "Node", baseUrl: `http://127.0.0.1:${port}`, apiVersion: 1,
  authentication: { type: "jwt" }, scopes: ["READ"],
  lifecycle: { installed: "/installed", uninstalled: "/uninstalled" },
  modules: { generalPages: [{ key: "hello", url: "/hello?a=b%20c", name: { value: "Hello" } }] },
});

/** The claims, when the library takes the token for this very request. */
function prove(request, token, key, algorithm) {
  const decode = algorithm === "RS256" ? jwt.decodeAsymmetric : jwt.decodeSymmetric;
  const claims = decode(token, key, algorithm);
  const line = jwt.fromMethodAndUrl(request.method, request.url);
  if (claims.qsh !== jwt.createQueryStringHash(line)) throw new Error("another request");
  if (claims.exp < Date.now() / 1000) throw new Error("expired");
  return claims;
}

async function answer(request, text) {
  if (request.url === "/atlassian-connect.json") return JSON.stringify(descriptor(server.address().port));
  const header = (request.headers.authorization || "").replace(/^JWT /, "");
  const token = header || new URL(request.url, "http://app").searchParams.get("jwt");
  if (request.method === "POST") {
    const key = await fetch(`${keyServer}/${jwt.getKeyId(token)}`);
    if (key.status !== 200) throw new Error("no such key");
    const { iss } = prove(request, token, await key.text(), "RS256");
    tenants.set(iss, JSON.parse(text));
    return "";
  }
  const { iss } = jwt.decodeSymmetric(token, "", "HS256", true);
  const { sub } = prove(request, token, tenants.get(iss).sharedSecret, "HS256");
  return `Hello ${sub} of ${iss}`;
}

const server = http.createServer((request, response) => {
  let text = "";
  request.on("data", part => (text += part));
  request.on("end", async () => {
    try {
      response.end(await answer(request, text));
    } catch (error) {
      response.writeHead(401).end(error.message);
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on("end", () => process.exit());
