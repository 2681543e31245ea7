// The page of the product itself: what its buttons open, its tabs, its menus and its forms.

// Whoever opens something from the page is no frame, but has a ticket for the app all the same.
const pageOf = (app) => ({ id: "", app, ticket: setup.tickets?.[app], source: null });

function wantedBy({ dataset }) {
  let options = {};
  try {
    options = JSON.parse(dataset.options ?? "{}");
  } catch {
    // The descriptor's own words; the validator has said what is wrong with them.
  }
  return { app: dataset.app, module: dataset.module, part: dataset.part, options };
}

const openers = {
  dialog: (button, { app, module, part, options }) =>
    openDialog(pageOf(app), undefined, { chrome: true, ...options, key: module, part, kind: part === "edit" ? "content" : part }),
  dialogmodule: (button, { app, options }) => openDialog(pageOf(app), undefined, { chrome: true, ...options, key: options.key }),
  editor: (button, { app, module, part }) =>
    openDialog(pageOf(app), undefined, { chrome: true, key: module, part, size: "large", submitText: "Save", kind: "macro" }),
  inlinedialog: openInline,
  below: openBelow,
  tab: openTab,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open]");
  if (!button) return;
  const open = openers[button.dataset.open];
  const wanted = wantedBy(button);
  Promise.resolve(open?.(button, wanted)).catch((error) => {
    openFlag(pageOf(wanted.app), `page.${wanted.module}`, { title: "Cannot be opened", body: error.message, type: "error" });
  });
});

// Asks for a frame and puts it into a holder.
async function putFrame(holder, { app, module, part }, options = {}) {
  const made = await ask(pageOf(app), "frame", { module, part, options });
  const frame = addFrame(made.frame);
  const iframe = document.createElement("iframe");
  Object.assign(iframe, { id: frame.id, className: "ap-iframe", name: made.frame.name, title: made.frame.title, referrerPolicy: "no-referrer" });
  holder.append(make("p", "frame-wait", "Waiting for the app…"), iframe);
  iframe.src = made.frame.src;
  return { frame, options: made.options ?? {} };
}

async function openBelow(button, wanted) {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  let body = button.parentElement.querySelector(".glance-body");
  if (body) {
    body.hidden = open;
  } else {
    body = make("div", "glance-body");
    const holder = make("div", "frame-holder");
    body.append(holder);
    button.after(body);
    await putFrame(holder, wanted);
  }
  const frame = frames.get(body.querySelector("iframe")?.id);
  if (!open && setup.product === "jira") dispatch("ISSUE_GLANCE_OPENED", (other) => other === frame, []);
}

async function openInline(button, wanted) {
  const again = document.querySelector(`[data-popup="${CSS.escape(wanted.module)}"]`);
  closePopups();
  if (again) return;
  const popup = make("div", "inline-dialog");
  popup.dataset.popup = wanted.module;
  popup.setAttribute("role", "dialog");
  popup.setAttribute("aria-label", button.textContent.trim());
  const holder = make("div", "frame-holder");
  popup.append(holder);
  button.after(popup);
  const { frame, options } = await putFrame(holder, wanted, { isInlineDialog: true });
  popup.style.width = `min(${dimensionOr(options.width, "340px")}, 100vw - 24px)`;
  if (options.height) elementOf(frame).style.height = dimensionOr(options.height, "160px");
  const box = button.getBoundingClientRect();
  popup.style.top = `${box.bottom + 6}px`;
  popup.style.left = `${Math.max(12, Math.min(box.left, innerWidth - popup.offsetWidth - 12))}px`;
  frame.onReady.push(() => listenForKey(frame, 27, () => { closePopups(); button.focus(); }));
}

function dimensionOr(value, other) {
  const pixels = Number.parseInt(value, 10);
  return pixels > 0 && !String(value).includes("%") ? `${pixels}px` : other;
}

// ---- Tabs

async function openTab(tab, wanted) {
  const panel = showTab(tab);
  if (panel.childElementCount) return;
  const holder = make("div", "frame-holder");
  panel.append(holder);
  await putFrame(holder, wanted);
}

function showTab(tab) {
  const list = tab.closest("[role=tablist]");
  for (const other of list.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  return document.getElementById(tab.getAttribute("aria-controls"));
}

function listenForKeys(list) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab && !tab.dataset.open) showTab(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
    next.focus();
    next.click();
  });
  // A view without a tab of its own begins with the first of an app.
  if (!tabs.some((tab) => tab.getAttribute("aria-selected") === "true")) tabs[0]?.click();
}

// ---- Static macros: the app's text, where no script of it can run.

// Puts HTML of an app, or of a page that apps may write, where no script of it can run.
function showHtml(place, html, title) {
  const iframe = document.createElement("iframe");
  // SECURITY: scripts of the macro must not run as the product. Test: static_macros_run_no_scripts.
  iframe.setAttribute("sandbox", "allow-same-origin");
  Object.assign(iframe, { className: "static-frame", title });
  iframe.addEventListener("load", () => {
    iframe.style.height = `${iframe.contentDocument.documentElement.scrollHeight}px`;
  });
  iframe.srcdoc = `<!doctype html><html data-theme="${document.documentElement.dataset.theme}"><link rel="stylesheet" href="/_sandbox/static/sandbox.css"><body class="macro-text">${html}`;
  place.replaceChildren(iframe);
}

const showPage = (place) => showHtml(place, place.dataset.html, "Text of the page");

function showStatic(place) {
  ask(pageOf(place.dataset.app), "static", { module: place.dataset.module }).then(
    ({ html }) => {
      showHtml(place, html, place.dataset.module);
      place.removeAttribute("aria-busy");
    },
    (error) => {
      place.replaceChildren(make("p", "macro-error", error.message));
      place.removeAttribute("aria-busy");
    },
  );
}

// The buttons of a macro's property panel are answered by a page of the app that nobody sees.
async function pressControl({ dataset }) {
  const place = document.querySelector(`.unseen[data-panel="${CSS.escape(dataset.module)}"]`);
  let frame = place && frames.get(place.querySelector("iframe")?.id);
  if (!place) {
    const unseen = make("div", "unseen");
    unseen.dataset.panel = dataset.module;
    const holder = make("div", "frame-holder");
    unseen.append(holder);
    document.querySelector("main").append(unseen);
    frame = (await putFrame(holder, dataset)).frame;
  }
  if (frame) dispatch(dataset.panelEvent, (other) => other === frame, []);
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-panel-event]");
  if (control) pressControl(control).catch((error) => fail(pageOf(control.dataset.app), error.message));
});

// ---- Menus and forms

document.addEventListener("change", (event) => {
  event.target.closest("form[data-auto]")?.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  closePopups();
  for (const menu of document.querySelectorAll(".view-as[open]")) {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".view-as[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// ---- All of it, once the page is there.

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[role=tablist]").forEach(listenForKeys);
  document.querySelectorAll("[data-static]").forEach(showStatic);
  document.querySelectorAll("[data-html]").forEach(showPage);
  if (matchMedia("(max-width: 720px)").matches) document.querySelector(".side-menu")?.removeAttribute("open");
});
