// What the longer methods do: requests, sizes, cookies, history and ways through the product.

// A request to the product, as the user who looks at the page and within the app's scopes.
async function request(frame, first, second) {
  const options = typeof first === "string" ? { ...second, url: first } : { ...first };
  const url = String(options.url ?? "");
  if (!url.startsWith("/") || url.startsWith("//")) {
    throw refusedRequest(`AP.request takes paths of the product, such as /rest/api/3/myself, and got ${brief(url)}`);
  }
  const method = String(options.type ?? "GET").toUpperCase();
  const headers = new Headers({ accept: "*/*", "x-sandbox-page": frame.ticket });
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (["accept", "if-match", "if-none-match"].includes(name.toLowerCase())) headers.set(name, String(value));
  }
  if (options.experimental) headers.set("x-experimentalapi", "opt-in");
  const body = ["GET", "HEAD"].includes(method) ? undefined : requestBody(options, headers);
  // Apps of Confluence may write the context path, or leave it out.
  const path = url === setup.path || url.startsWith(`${setup.path}/`) ? url : setup.path + url;
  const cache = options.cache === false ? "no-store" : "default";
  const response = await fetch(path, { method, headers, body, cache, redirect: "error" }).catch(() => null);
  if (!response) throw refusedRequest("the sandbox does not answer");
  const content = options.binaryAttachment ? await response.arrayBuffer() : await response.text();
  const xhr = {
    readyState: 4,
    responseText: options.binaryAttachment ? "" : content,
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(response.headers),
  };
  if (response.ok) return { body: content, xhr };
  throw { body: content, xhr, err: `${response.status} ${response.statusText}`.trim() };
}

function refusedRequest(err) {
  return { body: "", xhr: { readyState: 4, responseText: "", status: 0, statusText: err, headers: {} }, err };
}

function requestBody(options, headers) {
  const { data } = options;
  if (options.contentType === "multipart/form-data") {
    headers.set("x-atlassian-token", "no-check");
    const form = new FormData();
    for (const [name, value] of Object.entries(data ?? {})) form.append(name, value instanceof Blob ? value : String(value));
    return form;
  }
  if (options.contentType) headers.set("content-type", options.contentType);
  if (data === undefined || data === null) return undefined;
  if (typeof data === "string" || data instanceof Blob || data instanceof ArrayBuffer) return data;
  if (String(options.contentType).includes("json")) return JSON.stringify(data);
  if (!options.contentType) headers.set("content-type", "application/x-www-form-urlencoded");
  return new URLSearchParams(data);
}

function resize(frame, width, height) {
  const element = elementOf(frame);
  if (!element || frame.dialog || frame.sizedToParent) return;
  const size = (value) => (typeof value === "string" && value.trim().endsWith("%") ? value.trim() : `${Number.parseInt(value, 10) || 0}px`);
  if (frame.full) {
    // A page is never smaller than its place.
    element.style.minHeight = size(height);
    return;
  }
  // What fills its place stays as wide as that: apps measure their content while it is still narrow.
  const narrow = element.closest(".inline-dialog, .macro.is-inline");
  if (width && narrow) element.style.width = `min(100%, ${size(width)})`;
  if (height) element.style.height = size(height);
}

function sizeToParent(frame) {
  if (!frame.full) return;
  frame.sizedToParent = true;
  elementOf(frame).style.minHeight = "";
  elementOf(frame).parentElement.classList.add("is-parent-sized");
}

const cookieName = (frame, name) => encodeURIComponent(`${frame.app}$$${name}`);

function readCookie(frame, name) {
  const wanted = `${cookieName(frame, name)}=`;
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(wanted));
  return found === undefined ? undefined : decodeURIComponent(found.slice(wanted.length));
}

function writeCookie(frame, name, value, days) {
  const age = days ? `; max-age=${Math.round(Number(days) * 86_400)}` : "";
  document.cookie = `${cookieName(frame, name)}=${encodeURIComponent(String(value))}; path=/; samesite=lax${age}`;
}

// The app's part of the address is what follows `#!`.
const appHash = () => (location.hash.startsWith("#!") ? decodeURIComponent(location.hash.slice(2)) : "");

function historyState(frame) {
  return { key: frame.module, hash: appHash(), title: document.title, href: location.href };
}

function setHistory(frame, how, state, title, url) {
  // The short form has the new hash where the long form has a state.
  const hash = typeof state === "string" && url === undefined ? state : String(url ?? "");
  history[how]({ app: frame.app, state: clean(state) }, "", `#!${encodeURIComponent(hash).replaceAll("%2F", "/")}`);
  if (typeof title === "string" && title) document.title = title;
}

let lastHref = location.href;
window.addEventListener("popstate", (event) => {
  for (const frame of frames.values()) {
    const change = { ...historyState(frame), query: location.search, state: event.state?.state, newURL: location.href, oldURL: lastHref };
    sendEvent(frame, "history_popstate", change);
    frame.onPopState?.(change);
    frame.onPopState = null;
  }
  lastHref = location.href;
});

function productLocation(frame) {
  const context = { ...frame.context };
  const place = setup.place ?? { target: "addonModule", context: { addonKey: frame.app, moduleKey: frame.module } };
  return { target: place.target, context: { ...place.context, ...context.navigator } };
}

function productUrl(frame, target, context) {
  const site = setup.path;
  const part = (name) => encodeURIComponent(context[name] ?? "");
  const page = (path, params) => {
    const query = new URLSearchParams(params).toString();
    return `${site}${path}${query ? `?${query}` : ""}`;
  };
  const custom = Object.fromEntries(Object.entries(context.customData ?? {}).map(([name, value]) => [`ac.${name}`, String(value)]));
  switch (target) {
    case "addonModule":
    case "addonmodule": {
      const place = Object.fromEntries([["issueKey", "issue.key"], ["projectKey", "project.key"], ["spaceKey", "space.key"], ["contentId", "content.id"]]
        .filter(([name]) => context[name]).map(([name, variable]) => [variable, String(context[name])]));
      return page(`/plugins/servlet/ac/${encodeURIComponent(context.addonKey ?? frame.app)}/${part("moduleKey")}`, { ...place, ...custom });
    }
    case "contentcreate":
      return page("/pages/create", { spaceKey: context.spaceKey ?? "" });
    case "contentedit":
      return page(`/pages/edit/${part("contentId")}`, {});
    case "contentlist":
    case "spaceview":
      return page(`/spaces/${part("spaceKey")}`, {});
    case "contentview":
      return page(`/pages/${part("contentId")}`, {});
    case "dashboard":
      return context.dashboardId ? page(`/dashboard/${part("dashboardId")}`, {}) : site;
    case "issue":
      return page(`/browse/${part("issueKey")}`, {});
    case "projectAdminSummary":
    case "projectAdminTabPanel":
      return page(`/projects/${part("projectKey")}/settings`, context.adminPageKey ? { tab: context.adminPageKey } : {});
    case "projectSummary":
      return page(`/projects/${part("projectKey")}`, {});
    case "site": {
      if (/^https?:\/\//.test(context.absoluteUrl ?? "")) return context.absoluteUrl;
      const url = String(context.relativeUrl ?? "/");
      if (!url.startsWith("/") || url.startsWith("//")) throw new Error("navigator.go: relativeUrl must begin with /");
      return url === site || url.startsWith(`${site}/`) ? url : site + url;
    }
    case "spacetools":
      return page(`/space-tools/${part("spaceKey")}`, {});
    case "userProfile":
    case "userprofile":
      return page(`/people/${encodeURIComponent(context.userAccountId ?? context.username ?? "")}`, {});
    default:
      throw new Error(`navigator.go: ${brief(target)} is not a target of ${setup.product}`);
  }
}

function theme() {
  const chosen = document.documentElement.dataset.theme;
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  return { colorMode: dark ? "dark" : "light", light: "light", dark: "dark" };
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const frame of frames.values()) {
    if (frame.theming) sendEvent(frame, "theme_changed", { newTheme: theme(), featureFlags: {} });
  }
});
