// Dialogs, flags and what else lies on top of a page.

const SIZES = { small: 400, medium: 600, large: 800, xlarge: 968, "x-large": 968 };
const dialogs = [];

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Opens a module of the same app in a dialog. `id` is the app's name for it.
async function openDialog(opener, id, asked) {
  const { customData } = asked;
  const made = await ask(opener, "frame", {
    module: String(asked.key ?? ""),
    part: asked.part,
    options: {
      isDialog: true,
      dialogId: id,
      callbackExtensionId: opener.id,
      customData,
      preventDialogCloseOnEscape: asked.closeOnEscape === false,
      hideIframeUntilLoad: true,
    },
  });
  // What the descriptor says of the dialog, bettered by what was asked.
  const options = { ...made.options, ...asked };
  options.header ??= options.editTitle ?? options.insertTitle;
  const frame = addFrame(made.frame);
  const element = make("dialog", "ap-dialog");
  const dialog = { element, frame, opener, options, buttons: new Map() };
  frame.dialog = dialog;
  dialogs.push(dialog);

  const size = String(options.size ?? "").toLowerCase();
  const chrome = size === "fullscreen" || (options.chrome === true && size !== "maximum");
  element.dataset.size = size;
  if (SIZES[size]) {
    element.style.width = `min(${SIZES[size]}px, 100vw - 32px)`;
    element.style.height = `min(${Math.round(SIZES[size] * 0.7)}px, 100dvh - 32px)`;
  } else if (!["fullscreen", "maximum"].includes(size)) {
    element.style.width = `min(${dimension(options.width)}, 100vw - 32px)`;
    element.style.height = `min(${dimension(options.height)}, 100dvh - 32px)`;
  }
  const title = typeof options.header === "object" ? options.header?.value : options.header;
  element.setAttribute("aria-label", title || made.frame.title);
  if (chrome) element.append(make("h2", "ap-dialog-head", title ?? (opener.source ? "" : made.frame.title)));
  if (options.kind === "content") element.append(titleField(dialog));
  const holder = make("div", "frame-holder is-full");
  const iframe = document.createElement("iframe");
  Object.assign(iframe, { id: frame.id, className: "ap-iframe", name: made.frame.name, title: made.frame.title, referrerPolicy: "no-referrer" });
  holder.append(make("p", "frame-wait", "Waiting for the app…"), iframe);
  element.append(holder);
  if (chrome) {
    const bar = make("div", "ap-dialog-foot");
    if (options.hint) bar.append(make("span", "quiet", String(options.hint)));
    element.append(bar);
    dialog.bar = bar;
    // Submit waits until the app is there to hear of it.
    addButton(dialog, { identifier: "submit", text: options.submitText ?? "Submit", primary: true, disabled: true });
    addButton(dialog, { identifier: "cancel", text: options.cancelText ?? "Cancel" });
    (Array.isArray(options.buttons) ? options.buttons : []).forEach((button) => addButton(dialog, { ...button, custom: true }));
  }
  frame.onReady.push(() => {
    const submit = dialog.buttons.get("submit");
    if (submit) submit.disabled = false;
    if (options.closeOnEscape !== false) listenForKey(frame, 27, () => closeDialog(dialog));
  });
  element.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (options.closeOnEscape !== false) closeDialog(dialog);
  });
  document.body.append(element);
  element.showModal();
  raiseFlags();
  iframe.src = made.frame.src;
  return {};
}

function dimension(value) {
  if (typeof value === "string" && value.trim().endsWith("%")) return `${Number.parseFloat(value) || 50}%`;
  const pixels = Number.parseInt(value, 10);
  return pixels > 0 ? `${pixels}px` : "50%";
}

function addButton(dialog, { identifier, text, primary, custom, disabled }) {
  const name = String(identifier ?? `user.button.${dialog.buttons.size}`);
  const button = make("button", primary ? "button primary" : "button", String(text ?? name));
  button.type = "button";
  button.disabled = disabled === true;
  button.addEventListener("click", () => clickButton(dialog, name, button, custom));
  dialog.buttons.set(name, button);
  dialog.bar?.append(button);
}

// Content of an app's own kind has a title, which the product asks for.
function titleField(dialog) {
  const label = make("label", "content-title");
  dialog.title = make("input");
  dialog.title.placeholder = "Title";
  label.append(make("span", "hide-text", "Title"), dialog.title);
  return label;
}

// Dialogs in which the product itself acts when a button is clicked.
const PRODUCT_BUTTONS = {
  content: { submit: (dialog) => saveContent(dialog, dialog.title.value), cancel: cancelContent },
  create: { submit: ({ frame }) => sendEvent(frame, "jira_workflow_post_function_submit", {}) },
  edit: { submit: ({ frame }) => sendEvent(frame, "jira_workflow_post_function_submit", {}) },
};

function clickButton(dialog, name, button, custom) {
  const { frame } = dialog;
  const own = !custom && frame.source && PRODUCT_BUTTONS[dialog.options.kind]?.[name];
  if (own) {
    own(dialog);
    return;
  }
  if (!frame.source) {
    // Nobody is there to decide.
    closeDialog(dialog);
    return;
  }
  const event = { button: { name, identifier: name, text: button.textContent } };
  const here = (other) => other === frame;
  if (!custom) dispatch(`dialog.${name}`, here, event);
  dispatch("dialog.button.click", here, event);
}

// The dialog a frame means: its own, or else the topmost one of its app.
function dialogOf(frame) {
  return frame.dialog ?? dialogs.findLast((dialog) => dialog.opener.app === frame.app);
}

function closeDialogOf(frame, data) {
  const dialog = dialogOf(frame);
  if (!dialog) throw new Error("no dialog of this app is open");
  closeDialog(dialog, data);
}

function closeDialog(dialog, data) {
  const at = dialogs.indexOf(dialog);
  if (at < 0) return;
  dialogs.splice(at, 1);
  // While the dialog's frame still listens: the event goes to it and to whoever opened it.
  dispatch("dialog.close", (frame) => frame === dialog.opener, data);
  raiseFlags();
  dialog.element.close();
  dialog.element.remove();
  removeFrame(dialog.frame);
}

function addDialogButton(frame, options) {
  const dialog = dialogOf(frame);
  if (!dialog) throw new Error("no dialog of this app is open");
  addButton(dialog, { ...options, custom: true });
  return {};
}

function dialogButton(frame, identifier) {
  const dialog = dialogOf(frame);
  if (!dialog) throw new Error("no dialog of this app is open");
  // A dialog without chrome has no buttons to show; the app may use them all the same.
  if (!dialog.buttons.has(identifier)) addButton(dialog, { identifier });
  const button = dialog.buttons.get(identifier);
  return {
    disable: () => { button.disabled = true; },
    enable: () => { button.disabled = false; },
    hide: () => { button.hidden = true; },
    isEnabled: ({ answer }) => answer(!button.disabled),
    isHidden: ({ answer }) => answer(button.hidden),
    show: () => { button.hidden = false; },
    toggle: () => { button.disabled = !button.disabled; },
    trigger: () => { if (!button.disabled) clickButton(dialog, identifier, button, false); },
  };
}

const flags = new Map();

function openFlag(frame, id, { title, body, type, close, actions }) {
  const kind = ["error", "success", "warning"].includes(type) ? type : "info";
  const element = make("div", `flag is-${kind}`);
  element.append(make("strong", "", String(title ?? "")), make("p", "", String(body ?? "")));
  const toApp = (event, data) => dispatch(event, (other) => other === frame, { ...data, flagIdentifier: id });
  const flag = {
    listeners: [],
    close() {
      if (!flags.delete(id)) return;
      element.remove();
      toApp("flag.close", {});
      flag.listeners.forEach((listener) => listener());
    },
  };
  const bar = make("div", "flag-actions");
  for (const [identifier, text] of Object.entries(actions ?? {})) {
    const button = make("button", "link", String(text));
    button.type = "button";
    button.addEventListener("click", () => toApp("flag.action", { actionIdentifier: identifier }));
    bar.append(button);
  }
  if (bar.children.length) element.append(bar);
  const cross = make("button", "flag-close", "×");
  cross.type = "button";
  cross.setAttribute("aria-label", "Close");
  cross.addEventListener("click", flag.close);
  element.append(cross);
  document.getElementById("flags").append(element);
  flags.set(id, flag);
  raiseFlags();
  if (close === "auto") setTimeout(flag.close, 8_000);
  return flag;
}

// Puts the flags above everything. A modal dialog makes all outside of it inert, so they live in it
// as long as it is open.
function raiseFlags() {
  const stack = document.getElementById("flags");
  if (stack.matches(":popover-open")) stack.hidePopover();
  (dialogs.at(-1)?.element ?? document.body).append(stack);
  if (flags.size) stack.showPopover();
}

function closeFlag(id) {
  flags.get(id)?.close();
}

function onFlagClose(id, listener) {
  flags.get(id)?.listeners.push(listener);
}

// Menus and inline dialogs go when somebody clicks elsewhere.
function closePopups() {
  for (const popup of document.querySelectorAll("[data-popup]")) {
    const frame = frames.get(popup.querySelector("iframe")?.id);
    popup.remove();
    if (frame) removeFrame(frame);
  }
}
