// An app on atlassian-connect-express, in the folder that is its only argument. It says `ready`
// when its store answers.
const [folder, modules, port] = process.argv.slice(2);
process.chdir(folder);
const { createRequire } = require("module");
const load = createRequire(modules + "/");
const express = load("express");
const connect = load("atlassian-connect-express");

const app = express();
app.set("env", "development");
const addon = connect(app, { config: { development: { watch: false } } });
app.use(load("body-parser").json());
app.use(addon.middleware());
app.get("/hello", addon.authenticate(), (request, response) => {
  response.send(`ACE knows ${request.context.clientKey}`);
});

async function storeAnswers() {
  for (;;) {
    try {
      return await addon.settings.getAllClientInfos();
    } catch {
      // DynamoDB's tables are made meanwhile, and nothing says when they are there.
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}

app.listen(Number(port), "127.0.0.1", async () => {
  await storeAnswers();
  console.log("ready");
});
