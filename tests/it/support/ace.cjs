// An app on atlassian-connect-express, as its template has it: the stranger that drives the
// sandbox's plugin manager, and the app in another language that `connect dev` runs.
// Settings come from config.json in its folder; NODE_PATH says where npm put the packages.
"use strict";

const http = require("http");
const express = require("express");
const connect = require("atlassian-connect-express");

// A store that needs no database; what is kept is none of this test's business.
connect.store.register("map", () => {
  const records = new Map();
  const name = (key, clientKey) => `${clientKey}/${key}`;
  return {
    get: async (key, clientKey) => records.get(name(key, clientKey)),
    set: async (key, value, clientKey) => (records.set(name(key, clientKey), value), value),
    del: async (key, clientKey) => records.delete(name(key, clientKey)),
    saveInstallation: async (tenant, clientKey) => (records.set(name("clientInfo", clientKey), tenant), tenant),
    // ACE deregisters at its end only what is kept in memory.
    isMemoryStore: () => true,
  };
});

const app = express();
const addon = connect(app);
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.use(addon.middleware());
app.get("/hello", addon.authenticate(), (request, response) => response.send("hello"));
http.createServer(app).listen(addon.config.port(), "127.0.0.1", () => addon.register());
