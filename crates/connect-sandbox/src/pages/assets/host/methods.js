// What the methods of AP do. Each gets { frame, id, answer } and then what the app passed.
//
// Methods that `api` marks as promises return their result; the others call `answer`.

const methods = {
  _globals: {
    getLocation: ({ answer }) => answer(location.href),
    hideFooter: () => {},
    request: ({ frame }, first, second) => request(frame, first, second),
    sizeToParent: ({ frame }) => sizeToParent(frame),
  },
  // Measurements of the real host; nobody reads them here.
  _analytics: {
    trackDeprecatedMethodUsed: () => {},
    trackIframePerformanceMetrics: () => {},
    trackWebVitals: () => {},
  },
  confluence: {
    closeMacroEditor: ({ frame }) => closeMacroEditor(frame),
    closeMacroPropertyPanel: () => closePopups(),
    getContentProperty: ({ frame, answer }, key) => contentProperty(frame, key).then(answer),
    getMacroBody: ({ frame, answer }) => answer(macroOf(frame).body),
    getMacroData: ({ frame, answer }) => answer(macroOf(frame).parameters),
    // The functions stay with the app: it hears of the events themselves.
    onMacroPropertyPanelEvent: () => {},
    saveMacro: ({ frame }, parameters, body) => saveMacro(frame, parameters, body),
    setContentProperty: ({ frame, answer }, property) => setContentProperty(frame, property).then(answer),
    syncPropertyFromServer: ({ frame, answer }, key) => syncProperty(frame, key).then(answer),
  },
  context: {
    getContext: ({ frame }) => frame.context ?? {},
    getToken: async ({ frame }) => (await ask(frame, "token")).token,
  },
  cookie: {
    erase: ({ frame }, name) => writeCookie(frame, name, "", -1),
    read: ({ frame, answer }, name) => answer(readCookie(frame, name)),
    save: ({ frame }, name, value, days) => writeCookie(frame, name, value, days),
  },
  dialog: {
    close: ({ frame }, data) => closeDialogOf(frame, data),
    getCustomData: ({ frame, answer }) => answer(frame.dialog?.options.customData),
    isCloseOnEscape: ({ frame, answer }) => answer(frame.dialog ? frame.dialog.options.closeOnEscape !== false : true),
  },
  env: {
    getLocation: ({ answer }) => answer(location.href),
    hideFooter: () => {},
    resize: ({ frame }, width, height) => resize(frame, width, height),
    sizeToParent: ({ frame }) => sizeToParent(frame),
  },
  events: {
    emit: ({ frame }, name, ...args) => dispatch(name, (other) => other.app === frame.app, args),
    emitPublic: ({ frame }, name, ...args) => {
      const sender = { addonKey: frame.app, key: frame.module, options: frame.options };
      dispatch(name, () => true, { sender, event: args });
    },
    emitToDataProvider: ({ frame }, ...args) => dispatch("dataProviderEvent", (other) => other.app === frame.app, args),
  },
  history: {
    back: () => history.back(),
    forward: () => history.forward(),
    getState: ({ frame, answer }, type) => answer(type === "all" ? historyState(frame) : appHash()),
    go: (_, delta) => history.go(Number(delta) || 0),
    // The frame is told by the event as often as it happens; this answer comes once.
    popState: ({ frame, answer }) => {
      frame.onPopState = answer;
    },
    pushState: ({ frame }, state, title, url) => setHistory(frame, "pushState", state, title, url),
    replaceState: ({ frame }, state, title, url) => setHistory(frame, "replaceState", state, title, url),
  },
  host: {
    focus: () => document.querySelector("main").focus({ preventScroll: true }),
    getSelectedText: ({ answer }) => answer(String(getSelection() ?? "")),
  },
  inlineDialog: {
    hide: () => closePopups(),
  },
  jira: {
    _submitWorkflowConfigurationResponse: ({ frame }, response) => workflowAnswered(frame, response),
    getWorkflowConfiguration: ({ frame, answer }) => answer(macroOf(frame).parameters.config ?? ""),
    initJQLEditor: () => {},
    isDashboardItemEditable: ({ answer }) => answer(Boolean(setup.user)),
    isNativeApp: ({ answer }) => answer(false),
    openCreateIssueDialog: ({ frame, answer }, ...args) => openCreateIssue(frame, optionsIn(args), answer),
    openDatePicker: ({ frame, answer }, options) => openDatePicker(frame, options ?? {}, answer),
    openIssueDialog: ({ answer }, key) => openIssue(String(key ?? ""), answer),
    refreshIssuePage: () => refreshNative(),
    setDashboardItemTitle: ({ frame }, title) => setGadgetTitle(frame, title),
    showJQLEditor: ({ answer }, ...args) => openJql(optionsIn(args), answer),
  },
  messages: {
    clear: (_, message) => closeFlag(message?._id),
    onClose: ({ answer }, message) => onFlagClose(message?._id, answer),
  },
  navigator: {
    getLocation: ({ frame, answer }) => answer(productLocation(frame)),
    go: ({ frame }, target, context) => location.assign(productUrl(frame, target, context ?? {})),
    reload: () => location.reload(),
  },
  page: {
    setTitle: (_, title) => {
      document.title = `${title} · Sandbox`;
    },
  },
  scrollPosition: {
    getPosition: ({ frame, answer }) => {
      const box = elementOf(frame).getBoundingClientRect();
      answer({ scrollY: -box.top, scrollX: -box.left, width: innerWidth, height: innerHeight });
    },
    setVerticalPosition: ({ frame }, y) => {
      const main = document.querySelector("main");
      const top = elementOf(frame).getBoundingClientRect().top - main.getBoundingClientRect().top;
      main.scrollTop += top + (Number(y) || 0);
    },
  },
  theming: {
    _finishedInitTheming: () => {},
    initializeTheming: ({ frame }) => {
      frame.theming = true;
      sendEvent(frame, "theme_initialized", { initialTheme: theme(), featureFlags: {} });
    },
  },
  user: {
    getCurrentUser: ({ answer }) => answer({ atlassianAccountId: setup.user?.accountId ?? null }),
    getLocale: ({ answer }) => answer(setup.user?.locale ?? "en_US"),
    getTimeZone: ({ answer }) => answer(setup.user?.timeZone ?? "Etc/UTC"),
    getUser: ({ answer }) => {
      const user = setup.user;
      answer({ id: user?.accountId ?? "", key: user?.accountId ?? "", fullName: user?.fullName ?? "" });
    },
  },
};

// Things an app makes and then talks to: their methods, by name.
const classes = {
  customContent: {
    getEditComponent: ({ frame }) => editComponent(frame),
  },
  dialog: {
    create: ({ frame, id }, options) => openDialog(frame, id, options ?? {}),
    createButton: ({ frame }, options) => addDialogButton(frame, options ?? {}),
    getButton: ({ frame }, identifier) => dialogButton(frame, identifier),
  },
  flag: {
    create: ({ frame, id, answer }, options) => {
      const flag = openFlag(frame, id, options ?? {});
      answer(id);
      return { close: () => flag.close() };
    },
  },
  messages: Object.fromEntries(
    ["error", "generic", "hint", "info", "success", "warning"].map((type) => [
      type,
      ({ frame, id }, title, body, options) => {
        openFlag(frame, id, { title, body, type, close: options?.fadeout ? "auto" : "manual" });
        return {};
      },
    ]),
  ),
};
