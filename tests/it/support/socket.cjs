// An app with a WebSocket (RFC 6455) at /socket, which greets and then says everything twice.
// Only what node itself has, so that neither side of the test is ours.
"use strict";

const crypto = require("crypto");
const fs = require("fs");
const http = require("http");

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A text message in one frame, unmasked as servers send it. */
function frame(text) {
  const payload = Buffer.from(text);
  const size = payload.length;
  if (size < 126) return Buffer.concat([Buffer.from([0x81, size]), payload]);
  // Browsers refuse a length that is not as short as can be.
  const head = Buffer.alloc(size < 65536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(size, 2);
  else head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, payload]);
}

/** The first whole frame of what came: its text, and what is behind it. */
function parse(bytes) {
  if (bytes.length < 2) return null;
  let [size, at] = [bytes[1] & 0x7f, 2];
  if (size === 126 && bytes.length >= 4) [size, at] = [bytes.readUInt16BE(2), 4];
  else if (size === 127 && bytes.length >= 10) [size, at] = [Number(bytes.readBigUInt64BE(2)), 10];
  else if (size >= 126) return null;
  if (bytes.length < at + 4 + size) return null;
  const mask = bytes.subarray(at, at + 4);
  const payload = bytes.subarray(at + 4, at + 4 + size).map((byte, index) => byte ^ mask[index % 4]);
  const [last, opcode] = [bytes[0] >= 0x80, bytes[0] & 0x0f];
  return { last, opcode, text: payload.toString(), rest: bytes.subarray(at + 4 + size) };
}

const server = http.createServer((request, response) => {
  if (request.url.startsWith("/atlassian-connect.json")) {
    const text = fs.readFileSync("atlassian-connect.json", "utf8");
    response.end(text.replaceAll("{{localBaseUrl}}", process.env.AC_LOCAL_BASE_URL));
  } else {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>Socket</title>");
  }
});
server.on("upgrade", (request, socket, head) => {
  const key = request.headers["sec-websocket-key"];
  const accept = crypto.createHash("sha1").update(key + GUID).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(frame("welcome"));
  let [bytes, message] = [head, ""];
  const read = (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (let next = parse(bytes); next; next = parse(bytes)) {
      bytes = next.rest;
      if (next.opcode === 8) return socket.end(Buffer.from([0x88, 0]));
      message += next.text;
      // Browsers send a long message in several frames.
      if (next.last) {
        socket.write(frame(message + message));
        message = "";
      }
    }
  };
  socket.on("data", read).on("error", () => {});
});
server.listen(process.env.PORT, "127.0.0.1");
