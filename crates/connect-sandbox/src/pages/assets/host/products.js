// What only Jira or only Confluence has: dialogs of the product, macros, properties and content of
// an app's own kind. What is asked for here goes through REST as the user who looks at the page.

// A dialog of the product: a form with fields, which answers their values, or null.
function askForm({ title, text, fields, submit, cancel }) {
  const element = make("dialog", "ap-dialog product-dialog");
  const form = make("form", "product-form");
  form.method = "dialog";
  element.setAttribute("aria-label", title);
  form.append(make("h2", "ap-dialog-head", title));
  const body = make("div", "product-fields");
  if (text) body.append(make("p", "quiet", String(text).slice(0, 512)));
  for (const { name, label, value, type, options } of fields) {
    const holder = make("label");
    holder.append(make("span", "", label));
    const input = document.createElement(options ? "select" : type === "textarea" ? "textarea" : "input");
    if (type && type !== "textarea" && !options) input.type = type;
    for (const option of options ?? []) input.append(new Option(option, option));
    Object.assign(input, { name, value: value ?? "" });
    holder.append(input);
    body.append(holder);
  }
  const bar = make("div", "ap-dialog-foot");
  const yes = make("button", "button primary", submit ?? "Save");
  const no = make("button", "button", cancel ?? "Cancel");
  yes.value = "yes";
  no.type = "button";
  bar.append(yes, no);
  form.append(body, bar);
  element.append(form);
  document.body.append(element);
  element.showModal();
  return new Promise((done) => {
    no.addEventListener("click", () => element.close());
    element.addEventListener("close", () => {
      done(element.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null);
      element.remove();
    });
  });
}

async function rest(frame, method, path, data) {
  const options = { url: path, type: method };
  if (data !== undefined) Object.assign(options, { data: JSON.stringify(data), contentType: "application/json" });
  const answer = await request(frame, options);
  return answer.body ? JSON.parse(answer.body) : null;
}

// ---- Jira

// The options of a method whose callback stands first, where the callback has not come along.
const optionsIn = (args) => args.find((value) => typeof value === "object" && value !== null) ?? {};

async function openCreateIssue(frame, params, answer) {
  const given = params.fields ?? {};
  const form = await askForm({
    title: "Create issue",
    fields: [{ name: "summary", label: "Summary", value: given.summary }],
    submit: "Create",
  });
  if (!form) return answer([]);
  const project = params.pid ? { id: String(params.pid) } : { key: frame.context?.jira?.project?.key ?? "DEMO" };
  const fields = { issuetype: { id: String(params.issueType ?? "10001") }, ...given, project, summary: form.summary };
  try {
    answer([await rest(frame, "POST", "/rest/api/3/issue", { fields })]);
  } catch (error) {
    answer([]);
    throw error;
  }
}

async function openIssue(key, answer) {
  const address = `${setup.path}/browse/${encodeURIComponent(key)}`;
  const there = await fetch(address).catch(() => null);
  if (!there?.ok) return answer("ISSUE_NOT_FOUND");
  const element = make("dialog", "ap-dialog");
  element.dataset.size = "product";
  element.setAttribute("aria-label", key);
  const bar = make("div", "ap-dialog-foot");
  const close = make("button", "button", "Close");
  close.type = "button";
  close.addEventListener("click", () => element.close());
  bar.append(close);
  const iframe = document.createElement("iframe");
  Object.assign(iframe, { src: address, title: key, className: "product-frame" });
  element.append(iframe, bar);
  element.addEventListener("close", () => {
    element.remove();
    answer(key);
  });
  document.body.append(element);
  element.showModal();
}

async function openDatePicker(frame, options, answer) {
  const at = new Date(options.date ?? Date.now());
  const day = Number.isNaN(at.getTime()) ? new Date() : at;
  const local = new Date(day.getTime() - day.getTimezoneOffset() * 60_000).toISOString();
  const form = await askForm({
    title: "Choose a date",
    fields: [{ name: "date", label: "Date", type: options.showTime ? "datetime-local" : "date", value: local.slice(0, options.showTime ? 16 : 10) }],
    submit: "Choose",
  });
  if (!form?.date) return;
  const chosen = new Date(options.showTime ? form.date : `${form.date}T00:00`);
  answer(chosen.toISOString(), chosen);
  sendEvent(frame, "jira_date_chosen", chosen.toISOString());
}

async function openJql({ jql, header, descriptionText, submitText, cancelText }, answer) {
  const form = await askForm({
    title: header ?? "JQL",
    text: descriptionText,
    fields: [{ name: "jql", label: "Query", type: "textarea", value: jql }],
    submit: submitText ?? "Use this query",
    cancel: cancelText,
  });
  if (form) answer({ jql: form.jql });
}

// Fetches the page again and puts the product's own part in place; frames stay as they are.
async function refreshNative() {
  const text = await (await fetch(location.href)).text();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  document.querySelectorAll("[data-native]").forEach((part) => {
    const other = fresh.querySelector(`[data-native="${CSS.escape(part.dataset.native)}"]`);
    if (other) part.replaceChildren(...other.childNodes);
  });
  document.querySelectorAll("[data-html]:empty").forEach(showPage);
}

function setGadgetTitle(frame, title) {
  const heading = elementOf(frame).closest(".gadget")?.querySelector(".panel-title");
  if (!heading) throw new Error("this module is not on a dashboard");
  heading.textContent = String(title);
}

// A workflow step is saved when its page says that what it holds is valid.
async function workflowAnswered(frame, { valid, value } = {}) {
  if (valid === false) return openFlag(frame, `workflow.${frame.id}`, { title: "Not saved", body: "The app says the configuration is not valid.", type: "error" });
  await saveMacro(frame, { config: String(value ?? "") });
  closeDialogOf(frame);
  return null;
}

// ---- Confluence: macros

function macroOf(frame) {
  return frame.macro ?? { parameters: {}, body: "" };
}

async function saveMacro(frame, parameters, body) {
  const saved = { parameters: { ...parameters }, body: body === undefined || body === null ? macroOf(frame).body : String(body) };
  frame.macro = saved;
  frame.saving = ask(frame, "macro", { module: frame.module, ...saved });
  await frame.saving;
}

// Apps save and close in one go.
async function closeMacroEditor(frame) {
  const { saving } = frame;
  await saving;
  closeDialogOf(frame);
  // What was saved is seen when the macro is shown anew.
  if (saving) location.reload();
}

// ---- Confluence: content properties

function contentOf(frame) {
  const id = frame.context?.confluence?.content?.id;
  if (!id) throw new Error("the module is not on a page of Confluence");
  return `/rest/api/content/${encodeURIComponent(id)}/property`;
}

async function contentProperty(frame, key) {
  return rest(frame, "GET", `${contentOf(frame)}/${encodeURIComponent(String(key))}`).catch((failed) => {
    if (failed.xhr?.status === 404) return null;
    throw failed;
  });
}

async function setContentProperty(frame, property) {
  const { key, value, version } = property ?? {};
  const path = contentOf(frame);
  const there = Number(version?.number ?? 1) > 1;
  try {
    const [method, address] = there ? ["PUT", `${path}/${encodeURIComponent(String(key))}`] : ["POST", path];
    return { property: await rest(frame, method, address, { key, value, version: version ?? { number: 1 } }) };
  } catch (failed) {
    return { error: reasonOf(failed) };
  }
}

async function syncProperty(frame, key) {
  const property = await contentProperty(frame, key);
  dispatch("contentProperty.update", (other) => other.app === frame.app, [{ key, value: property?.value }]);
  return property;
}

// ---- Confluence: content of an app's own kind

// How long an app that takes a step over may think about it.
const STEP_MS = 10_000;

function editComponent(frame) {
  const component = { steps: new Set(), waiting: new Map() };
  frame.editor = component;
  const give = (step) => (_, result, error) => component.waiting.get(step)?.({ result, error });
  return {
    cancelCallback: give("cancel"),
    intercept: (_, event) => component.steps.add(String(event).replace("confluence.customcontent.", "")),
    submitCallback: give("submit"),
    submitErrorCallback: give("submitError"),
    submitSuccessCallback: give("submitSuccess"),
  };
}

// What the app says to a step: `result` as it gave it, or nothing when it did not ask to be asked.
async function step(frame, name, event) {
  const component = frame.editor;
  dispatch(`confluence.customcontent.${name}`, (other) => other === frame, event);
  if (!component?.steps.has(name)) return {};
  return new Promise((done) => {
    const late = setTimeout(() => done({ result: false, error: "The app did not answer within 10 seconds." }), STEP_MS);
    component.waiting.set(name, (said) => {
      clearTimeout(late);
      component.waiting.delete(name);
      done(said);
    });
  });
}

// What went wrong, in the words of the answer.
const reasonOf = (failed) => failed.body || failed.err || failed.message || String(failed);

const complain = (frame, text) => openFlag(frame, `content.${frame.id}`, { title: "Not saved", body: text, type: "error" });

async function saveContent(dialog, title) {
  const { frame } = dialog;
  const contentType = `ac:${frame.app}:${frame.module}`;
  const spaceKey = frame.context?.confluence?.space?.key;
  const said = await step(frame, "submit", { title, spaceKey, contentType });
  if (said.result === false) return said.error ? complain(frame, said.error) : null;
  const whole = typeof said.result === "object" && said.result !== null;
  const body = { storage: { value: String(said.result ?? ""), representation: "storage" } };
  const content = whole ? said.result : { title, type: contentType, space: { key: spaceKey }, body };
  try {
    const made = await rest(frame, "POST", "/rest/api/content", content);
    const then = await step(frame, "submitSuccess", made);
    if (then.result !== false) closeDialog(dialog);
    else if (then.error) complain(frame, then.error);
  } catch (failed) {
    const message = reasonOf(failed);
    const then = await step(frame, "submitError", message);
    if (then.result !== false || then.error) complain(frame, then.error ?? message);
  }
  return null;
}

async function cancelContent(dialog) {
  const said = await step(dialog.frame, "cancel", {});
  if (said.result !== false) closeDialog(dialog);
  else if (said.error) complain(dialog.frame, said.error);
}
