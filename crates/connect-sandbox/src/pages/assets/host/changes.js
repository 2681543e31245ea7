// What changes while one looks: by the forms of the page, which go through REST so that apps hear of
// it by webhooks, and by others.

const shapes = {
  comment: ({ text }) => ({ body: text }),
  issue: ({ project, summary }) => ({ fields: { project: { key: project }, summary, issuetype: { name: "Task" } } }),
  page: ({ title, body, version }) => ({
    type: "page",
    title,
    space: { key: "DEMO" },
    body: { storage: { value: body, representation: "storage" } },
    ...(version ? { version: { number: Number(version) } } : {}),
  }),
  transition: ({ to }) => ({ transition: { id: to } }),
};

async function sendForm(form) {
  const [method, path] = form.dataset.rest.split(" ");
  const product = pageOf("");
  try {
    const made = await rest(product, method, path, shapes[form.dataset.shape](Object.fromEntries(new FormData(form))));
    if (form.dataset.then) location.assign(`${setup.path}${form.dataset.then}${made.id}`);
    else await refreshNative();
    form.reset();
    await lookForChanges();
  } catch (failed) {
    openFlag(product, "form", { title: "Not saved", body: reasonOf(failed), type: "error" });
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-rest]")) return;
  event.preventDefault();
  sendForm(event.target);
});

// ---- What apps and others change

const CHANGES_MS = 1_000;
const watched = setup.place?.target === "issue" ? setup.place.context.issueKey : null;
let lastEvent = setup.after;

// Somebody chooses something, or has written what is not sent yet: it must not go with the part it
// is in.
const isWriting = () =>
  document.activeElement?.closest("[data-native] form") ||
  [...document.querySelectorAll("[data-native] :is(input, textarea)")].some((field) => field.value !== field.defaultValue);

async function lookForChanges() {
  if (!watched) return;
  const events = await (await fetch(`/_sandbox/events?after=${lastEvent}`)).json();
  lastEvent = Math.max(lastEvent, ...events.map(({ id }) => id));
  const changes = events.filter(({ event, site, key }) => event === "issueChanged" && key === watched && new URL(site).pathname === setup.path);
  for (const { change, issue, project, user } of changes) {
    if (change === "property") continue;
    dispatch("ISSUE_CHANGED", () => true, [{ issueId: String(issue), projectId: String(project), changes: [{ changeType: change, atlassianId: user }] }]);
  }
  if (changes.length && !isWriting()) await refreshNative();
}

async function watchForChanges() {
  // The sandbox is gone or restarting: the next look tells.
  await lookForChanges().catch(() => {});
  setTimeout(watchForChanges, document.hidden ? 5 * CHANGES_MS : CHANGES_MS);
}

if (watched) setTimeout(watchForChanges, CHANGES_MS);
