//! The table of codes: what each kind of finding is called, how serious it is, and the text that explains it.
//!
//! One line in it is one kind of finding; the sorted list, the constants for the rules and the page
//! `docs/findings.md` are made from it. Its length is that of its texts.

use super::Code;
use crate::finding::Level;

macro_rules! codes {
    ($($name:ident = $id:literal, $level:ident, $title:literal, $host:expr, $text:literal;)*) => {
        $(pub(crate) static $name: Code = Code {
            id: $id,
            level: Level::$level,
            title: $title,
            explanation: $text,
            host_error: $host,
        };)*

        /// Every kind of finding there is, sorted by name.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

const SCHEMA: Option<&str> = Some("connect.install.error.remote.descriptor.validation");
const MALFORMED: Option<&str> = Some("connect.invalid.descriptor.malformed.json");

codes! {
    APP_KEY_LONG = "app/key-long", Warning,
        "a key longer than current documents allow",
        None,
        "Older schemas take 80 characters, current documents name 64. A key can never be changed later: choose a \
        shorter one now.";
    APP_KEY_SAMPLE = "app/key-sample", Info,
        "the key of a template or tutorial",
        None,
        "A key is unique among all apps of the world and can never be changed. Samples are taken already.";
    APP_NAME_MISSING = "app/name-missing", Warning,
        "an app without a name",
        None,
        "Hosts take it, but show the key instead, and the Marketplace refuses it.";
    APP_NAME_TRADEMARK = "app/name-trademark", Info,
        "a name that the Marketplace refuses",
        None,
        "Names of apps must not begin with the name of a product, nor contain the name of its maker. `Charts for \
        Jira` is fine, `Jira Charts` is not. It matters only for apps that are listed.";
    AUTH_INSTALLED_MISSING = "auth/installed-missing", Error,
        "JWT authentication without an `installed` callback",
        Some("connect.install.error.auth.with.no.installed.callback"),
        "An app with `authentication.type` `jwt`, which is also the default, receives its shared secret in the \
        `installed` callback. Without `lifecycle.installed` there is nobody to hand it to, and the host refuses \
        the app. Add `\"lifecycle\": { \"installed\": \"/installed\" }`, or set the type to `none` if the app \
        never talks to the host.";
    AUTH_UNSIGNED_CALLBACK = "auth/unsigned-callback", Warning,
        "an install callback that anyone can call",
        None,
        "With authentication `none` nothing proves that the host sent the callback. An app that stores what it is \
        sent stores what anyone sends.";
    AUTH_UNSIGNED_INSTALL = "auth/unsigned-install", Warning,
        "signed install callbacks are not asked for",
        None,
        "`apiMigrations.signed-install` makes the host sign the `installed` and `uninstalled` callbacks with its \
        own key, so that nobody else can replace the shared secret of a tenant. Verify that signature and say so \
        in the descriptor.";
    BASE_URL_DESCRIPTOR = "base-url/descriptor", Warning,
        "the base URL is the address of the descriptor",
        None,
        "Paths are put behind the base URL, so the host would ask for `…/atlassian-connect.json/installed`.";
    BASE_URL_HTTP = "base-url/http", Warning,
        "a base URL without TLS",
        Some("connect.install.error.base_url.no_tls"),
        "Sites refuse `http` unless they are in development mode. Secrets would travel in the clear.";
    BASE_URL_INVALID = "base-url/invalid", Error,
        "the base URL is not an absolute http or https URL",
        Some("connect.install.error.base_url.no_scheme"),
        "`baseUrl` is where the host finds the app: scheme, host, and optionally a port and a path. All other URLs \
        of the descriptor are taken relative to it.";
    BASE_URL_NOT_PUBLIC = "base-url/not-public", Warning,
        "a base URL that a site in the cloud cannot reach",
        Some("connect.install.error.remote.host.bad.domain"),
        "The host calls the app. `localhost` and private addresses mean something else there. Use a tunnel, or the \
        sandbox of `connect dev`.";
    BASE_URL_PLACEHOLDER = "base-url/placeholder", Warning,
        "a base URL that is a sample",
        None,
        "The address was left as a template had it. Write where the app runs.";
    BASE_URL_PORT = "base-url/port", Warning,
        "a port that hosts do not use",
        None,
        "Descriptors are fetched from ports 80, 443 and 8080 only.";
    BASE_URL_PRODUCT_SITE = "base-url/product-site", Warning,
        "the base URL is a site of the product",
        None,
        "`baseUrl` is the address of the app, not of the site it is installed into.";
    BASE_URL_QUERY = "base-url/query", Warning,
        "a base URL with a query or fragment",
        None,
        "Paths are put behind the base URL, so a query would swallow them.";
    BASE_URL_SLASH = "base-url/slash", Warning,
        "a base URL with a final slash",
        None,
        "Paths begin with a slash and are put right behind the base URL. With two slashes many web frameworks find \
        no route, and the hash of the query string differs.";
    BASE_URL_TUNNEL = "base-url/tunnel", Info,
        "a base URL that is a tunnel",
        None,
        "Tunnels end with the program that opened them, and most get another name each time. A base URL cannot be \
        changed without installing anew.";
    CONDITION_EMPTY = "condition/empty", Error,
        "a condition that says nothing",
        SCHEMA,
        "A condition has the member `condition`, or `and` or `or` with a list of conditions.";
    CONDITION_MISSING_PARAMETER = "condition/missing-parameter", Error,
        "a condition without a parameter it needs",
        Some("connect.install.error.invalid.condition.parameters"),
        "Conditions are set up when the app is installed. One that lacks a parameter makes the host refuse the \
        app.";
    CONDITION_NEEDS_CONTEXT = "condition/needs-context", Error,
        "a condition that needs an issue, project or page on a page that has none",
        Some("connect.install.error.page.with.invalid.condition"),
        "General, admin, configure and post-install pages stand by themselves. Only conditions about the user, the \
        app or the site can be asked there.";
    CONDITION_REMOTE = "condition/remote", Warning,
        "a condition that the app would answer",
        None,
        "Conditions that are addresses were removed from the cloud. Use `entity_property_equal_to`, or decide \
        within the page.";
    CONDITION_UNKNOWN = "condition/unknown", Warning,
        "a condition that is not known",
        None,
        "The list is open, so a new condition may be right. A wrong one hides the module or makes the host refuse \
        the app.";
    CONFIG_DUPLICATE_KEY = "config/duplicate-key", Error,
        "the same key twice in one object",
        None,
        "Readers keep the last one without a word. Remove or rename one of them.";
    CONFIG_OUT_OF_RANGE = "config/out-of-range", Error,
        "a number outside the range of its setting",
        None,
        "A port is a number from 0 to 65535, where 0 takes a free one.";
    CONFIG_SYNTAX = "config/syntax", Error,
        "the file cannot be read",
        None,
        "`config.json` is JSON5: comments, single quotes and trailing commas are fine. The place named is where the reader first noticed.";
    CONFIG_UNKNOWN_SETTING = "config/unknown-setting", Warning,
        "a setting that is almost one that is known",
        None,
        "Apps may have settings of their own, so other unknown names are not reported. This one looks like a slip of the hand, and would have no effect.";
    CONFIG_UNKNOWN_VALUE = "config/unknown-value", Error,
        "a value that is not among those its setting takes",
        None,
        "The setting takes one of a closed list of values.";
    CONFIG_WRONG_TYPE = "config/wrong-type", Error,
        "a setting of the wrong type",
        None,
        "The setting takes another type of JSON value.";
    CREDENTIALS_DUPLICATE_KEY = "credentials/duplicate-key", Error,
        "the same key twice in one object",
        None,
        "Readers keep the last one without a word. Remove or rename one of them.";
    CREDENTIALS_HOST = "credentials/host", Error,
        "a host that is not the address of a site",
        None,
        "A host is named by the address of its site, such as `acme.atlassian.net`, with or without `https://`, and with `/wiki` at most behind it.";
    CREDENTIALS_MISSING_FIELD = "credentials/missing-field", Error,
        "a host without product, user or token",
        None,
        "Each host needs `product`, `username` (the e-mail address of an administrator) and `password` (an API token).";
    CREDENTIALS_NOT_IGNORED = "credentials/not-ignored", Warning,
        "git does not ignore the file",
        None,
        "The next `git add .` would publish the API tokens in it. Put the name of the file into `.gitignore`; if it \
        was committed already, make new tokens and revoke the old ones.";
    CREDENTIALS_READABLE = "credentials/readable", Warning,
        "others on this machine can read the file",
        None,
        "The file has API tokens in it. `chmod 600 credentials.json` leaves it to its owner alone.";
    CREDENTIALS_SAMPLE = "credentials/sample", Error,
        "a value left as in the sample",
        None,
        "The file was copied from the sample and not filled in.";
    CREDENTIALS_SYNTAX = "credentials/syntax", Error,
        "the file cannot be read",
        None,
        "`credentials.json` is JSON5: comments, single quotes and trailing commas are fine. The text itself is not shown, as it may hold secrets.";
    CREDENTIALS_UNKNOWN_FIELD = "credentials/unknown-field", Warning,
        "a field that nothing reads",
        None,
        "A host has `product`, `username` and `password`; others have no effect.";
    CREDENTIALS_UNKNOWN_VALUE = "credentials/unknown-value", Error,
        "a product whose sites do not install apps this way",
        None,
        "Apps are installed into sites of `jira` and `confluence`.";
    CREDENTIALS_WRONG_TYPE = "credentials/wrong-type", Error,
        "a field of the wrong type",
        None,
        "The field takes another type of JSON value. The value itself is not shown.";
    DESCRIPTOR_DUPLICATE_KEY = "descriptor/duplicate-key", Error,
        "the same key twice in one object",
        None,
        "JSON readers disagree about which of the two counts, and most keep the last one without a word. Remove or \
        rename one of them.";
    DESCRIPTOR_FORMAT = "descriptor/format", Error,
        "a text that does not have the form its field needs",
        SCHEMA,
        "The field takes only texts of a certain form, such as letters and digits for a key.";
    DESCRIPTOR_IGNORED_FIELD = "descriptor/ignored-field", Info,
        "a field that hosts ignore",
        None,
        "The field is known and has no effect. Versions of an app are counted by the Marketplace.";
    DESCRIPTOR_MISPLACED_FIELD = "descriptor/misplaced-field", Warning,
        "a field at the wrong place",
        None,
        "Hosts look for the field elsewhere, so it has no effect here.";
    DESCRIPTOR_MISSING_FIELD = "descriptor/missing-field", Error,
        "a required field is missing",
        SCHEMA,
        "The host refuses a descriptor in which a required field is missing.";
    DESCRIPTOR_NOT_STRICT_JSON = "descriptor/not-strict-json", Warning,
        "comments, trailing commas or other JSON5 in the descriptor",
        None,
        "A host reads strict JSON only. `connect` and ACE read JSON5 from disk and serve strict JSON, so this \
        works with them, but not when the file itself is put on a web server. `connect validate --fix` writes it \
        strictly.";
    DESCRIPTOR_OUT_OF_RANGE = "descriptor/out-of-range", Error,
        "a number outside the range of its field",
        SCHEMA,
        "The field takes only numbers between certain limits.";
    DESCRIPTOR_SYNTAX = "descriptor/syntax", Error,
        "the file is not JSON",
        MALFORMED,
        "The text breaks the grammar of JSON, so nothing can read it. The place named is where the reader first \
        noticed; the cause is there or just before. What could be read in spite of it has been checked as well.";
    DESCRIPTOR_TEMPLATE = "descriptor/template", Warning,
        "the file is a template, not JSON",
        None,
        "Tags of a template engine stand outside of strings. They are skipped: what they will produce cannot be \
        checked. Check the text that the app serves instead: `connect validate \
        http://localhost:3000/atlassian-connect.json`.";
    DESCRIPTOR_TOO_DEEP = "descriptor/too-deep", Error,
        "nested too deeply",
        None,
        "No descriptor needs so many levels. What lies deeper has not been checked.";
    DESCRIPTOR_TOO_LARGE = "descriptor/too-large", Error,
        "the file is larger than any descriptor",
        None,
        "Files beyond the limit are not read at all. Real descriptors have a few kilobytes; this is probably \
        another file.";
    DESCRIPTOR_TOO_LONG = "descriptor/too-long", Error,
        "a text longer than its field takes",
        SCHEMA,
        "The field has a greatest length, counted in characters.";
    DESCRIPTOR_UNKNOWN_FIELD = "descriptor/unknown-field", Warning,
        "a field that no product knows",
        None,
        "Hosts ignore most fields they do not know, so a slip of the hand goes unnoticed: the field just has no \
        effect. Some objects take no other fields at all; there it is an error.";
    DESCRIPTOR_UNKNOWN_PLACEHOLDER = "descriptor/unknown-placeholder", Warning,
        "a placeholder that nothing fills in",
        None,
        "`connect` and atlassian-connect-express fill in `{{localBaseUrl}}`, `{{environment}}` and \
        `{{appKey}}`. Any other name in double braces reaches the host as it stands.";
    DESCRIPTOR_UNKNOWN_VALUE = "descriptor/unknown-value", Error,
        "a value that is not among those its field takes",
        SCHEMA,
        "The field takes one of a closed list of values, each all in lower case or all in upper case.";
    DESCRIPTOR_WRONG_PRODUCT = "descriptor/wrong-product", Error,
        "a descriptor of a product that no longer exists",
        None,
        "The file has the shape of a HipChat descriptor. No host takes it.";
    DESCRIPTOR_WRONG_TYPE = "descriptor/wrong-type", Error,
        "a value of the wrong type",
        SCHEMA,
        "The field takes another type of JSON value: for instance an object where a plain text stands, or a list \
        instead of one object.";
    MACRO_IDENTIFIER = "macro/identifier", Warning,
        "an identifier with other characters than documented",
        None,
        "Identifiers of macro parameters are lower-case letters, digits, `-`, `_` and `.`. Others are taken on \
        install and lost in the editor.";
    MACRO_PLACEHOLDER = "macro/placeholder", Warning,
        "a picture for a macro with a body",
        None,
        "The editor shows the body of a macro that has one, so the picture is never seen.";
    MACRO_UNUSED_PARAMETER = "macro/unused-parameter", Warning,
        "a macro parameter that never reaches the app",
        None,
        "Parameters of a macro come with its address. One that is not named there in braces is asked from people \
        and then dropped.";
    MACRO_VALUES = "macro/values", Warning,
        "values and type of a macro parameter do not fit",
        None,
        "`values` is the list to choose from of a parameter of type `enum`, and only of that.";
    MANIFEST_DUPLICATE_KEY = "manifest/duplicate-key", Error,
        "the same key twice in a mapping",
        None,
        "Readers of YAML refuse the file or drop one of the two values.";
    MANIFEST_FORMAT = "manifest/format", Error,
        "a text of another form than its field takes",
        None,
        "`app.connect.key` has 1 to 90 letters, digits, `.`, `_` and `-`, and `app.connect.remote` up to 23 letters, \
        digits, `_` and `-`. `forge deploy` refuses others.";
    MANIFEST_HTTP_REMOTE = "manifest/http-remote", Error,
        "a remote without TLS",
        None,
        "Hosts call remotes over https only. `forge lint` lets other addresses pass; the app then fails when it is \
        deployed or called.";
    MANIFEST_MISSING_FIELD = "manifest/missing-field", Error,
        "a required field is missing",
        None,
        "Every entry of `connectModules` needs a `key`, webhooks and lifecycles too. `forge lint` does not look into \
        these entries: the deploy fails with `CONNECT_PLUGIN_FAILED_DESCRIPTOR_VALIDATION`.";
    MANIFEST_MISSING_REMOTE = "manifest/missing-remote", Error,
        "Connect modules without the remote that serves them",
        None,
        "`app.connect.remote` names the entry of `remotes` whose `baseUrl` is put in front of the paths of Connect \
        modules.";
    MANIFEST_MISSING_SCOPE = "manifest/missing-scope", Error,
        "a scope is missing without which a part of the manifest does not work",
        None,
        "Tokens of the app's own account need `read:app-system-token`, those of a user `read:app-user-token`, webhooks \
        of Connect the scope to read of their product. `forge lint` does not compare them.";
    MANIFEST_NO_CONNECT_MODULES = "manifest/no-connect-modules", Error,
        "authentication of Connect without Connect modules",
        None,
        "`app.connect.authentication` is about requests to Connect modules. A fully adopted app keeps only \
        `app.connect.key`.";
    MANIFEST_REGION_NOT_KEPT = "manifest/region-not-kept", Warning,
        "the region of an installation is lost on upgrade",
        None,
        "Without `app.connect.remote`, the region in which a Connect installation stores its data is not carried over \
        to the Forge installation. Name the remote also if no Connect module is left.";
    MANIFEST_REGIONS = "manifest/regions", Error,
        "remotes with different regions",
        None,
        "All remotes whose base URL depends on the region must name the same regions.";
    MANIFEST_SECOND_LIFECYCLE = "manifest/second-lifecycle", Error,
        "more than one lifecycle of a product",
        None,
        "An app has one entry in `jira:lifecycle` and one in `confluence:lifecycle`.";
    MANIFEST_SYNTAX = "manifest/syntax", Error,
        "the file is not YAML",
        None,
        "The text breaks the grammar of YAML, so nothing can read it. The place named is where the reader noticed; \
        the cause is there or just before, most often an indentation or a text that needs quotes.";
    MANIFEST_TOO_LARGE = "manifest/too-large", Error,
        "the file is larger than a manifest may be",
        None,
        "Forge takes manifests of up to 200 kilobytes. Values that aliases repeat count each time.";
    MANIFEST_UNKNOWN_MODULE = "manifest/unknown-module", Error,
        "a module type that does not exist",
        None,
        "Members of `connectModules` are module types of a descriptor with `jira:` or `confluence:` in front. In \
        `modules` a name that is not known is a warning: Forge gets new ones.";
    MANIFEST_UNKNOWN_REMOTE = "manifest/unknown-remote", Error,
        "a key that no remote has",
        None,
        "`app.connect.remote` and the `remote` of an endpoint name an entry of `remotes` by its key. The one of \
        Connect cannot be `configurable`.";
    MANIFEST_UNKNOWN_SCOPE = "manifest/unknown-scope", Error,
        "a Connect scope that does not exist",
        None,
        "Scopes of Connect are written in lower case, with `-` for `_`, and end in `:connect-jira` or \
        `:connect-confluence`. There is none for `NONE`: leave it out.";
    MANIFEST_UNKNOWN_VALUE = "manifest/unknown-value", Error,
        "a value that is not among those its field takes",
        None,
        "The field takes one of a closed list of values, written exactly so.";
    MANIFEST_WRONG_TYPE = "manifest/wrong-type", Error,
        "a value of the wrong type",
        None,
        "The field takes another type of value. Each member of `connectModules` is a list, also where a descriptor \
        has one object.";
    MODULE_DOUBLE_KEY = "module/double-key", Error,
        "two modules with the same key",
        SCHEMA,
        "A key names a module within the app, across all module types.";
    MODULE_FORBIDDEN_LOCATION = "module/forbidden-location", Error,
        "a place that takes no panels",
        Some("connect.install.error.invalid.location"),
        "The host refuses apps with panels at this place.";
    MODULE_ISSUE_FIELD = "module/issue-field", Warning,
        "parts of an issue field that do not fit its type",
        None,
        "`template` and `extractions` are for `single_select` and `multi_select`; `read_only` needs `property`.";
    MODULE_JQL_ARGUMENTS = "module/jql-arguments", Warning,
        "a required argument behind an optional one",
        None,
        "Arguments of a JQL function are told apart by their place, so only the last ones can be left out.";
    MODULE_NATIVE = "module/native", Warning,
        "a panel for mobile apps at a place they do not show",
        None,
        "Mobile apps show panels at `atl.jira.view.issue.left.context` and `atl.jira.view.issue.right.context` \
        only.";
    MODULE_NO_URL = "module/no-url", Warning,
        "nothing to open",
        None,
        "Only links that open a `dialogs` module can do without `url`.";
    MODULE_NONE = "module/none", Warning,
        "an app without modules",
        None,
        "The app can be installed, but nothing of it is seen.";
    MODULE_SHORTCUT = "module/shortcut", Warning,
        "a shortcut with other characters than lower-case letters",
        None,
        "A shortcut is one to three lower-case letters, pressed one after the other.";
    MODULE_TARGET = "module/target", Warning,
        "options that do not fit the target",
        None,
        "Dialogs have size and header, inline dialogs have offsets and hover; a `dialogmodule` names a dialog. \
        Options of another kind have no effect.";
    MODULE_UNKNOWN_LOCATION = "module/unknown-location", Warning,
        "a place that is not known",
        None,
        "The list is open: sections of other apps and new places are fine. At a place that does not exist, the \
        module is never seen.";
    MODULE_UNKNOWN_REFERENCE = "module/unknown-reference", Warning,
        "a key that no module has",
        None,
        "The field names another module of the app by its key. There is none of that key and type.";
    MODULE_UNKNOWN_TYPE = "module/unknown-type", Error,
        "a module type that no product has",
        Some("connect.install.error.unknown.module"),
        "Each member of `modules` is named after a module type. A host refuses a descriptor with a type it does \
        not know.";
    MODULE_WRONG_PRODUCT = "module/wrong-product", Error,
        "a module type of another product",
        Some("connect.install.error.unknown.module"),
        "A host refuses an app with module types it does not have, also if another product has them. Serve one \
        descriptor for each product.";
    PLATFORM_END_OF_SUPPORT = "platform/end-of-support", Info,
        "Atlassian supports Connect until 31 January 2027",
        None,
        "Nothing is wrong with the file. The date is that of CHANGE-3383, for Jira and Confluence. Atlassian does not \
        say that requests stop on that day, but that apps may stop working. Since \
        31 March 2026 (CHANGE-3096) sites install no private app from a descriptor, and the Marketplace takes no \
        new version of one; what is installed goes on. The way on is Forge: put the modules under \
        `connectModules` of a `manifest.yml` as they are (`connect migrate forge` writes it), then replace \
        one after the other with modules of Forge. Until then `connect dev` runs the app on its sandbox, which \
        knows no such date. `connect validate --allow platform/end-of-support` no longer mentions it.";
    REGION_NO_MIGRATION = "region/no-migration", Warning,
        "regions without the migration callback",
        None,
        "Data moves between the base URLs of regions with the help of the callback `lifecycle.dare-migration`. \
        Hosts do not check that it is there.";
    SCHEMA_VIOLATION = "schema/violation", Error,
        "what the schema given with `--schema` refuses",
        None,
        "`connect validate --schema` holds a file against any JSON Schema, besides the checks that are always made. \
        The message says what the schema wants, and mostly where in the schema it stands. Addresses may be \
        relative where the schema asks for a `uri`, and placeholders are filled in first. A schema may be older or \
        newer than what hosts take: without `--schema` such a finding is gone.";
    SCOPE_DOUBLE = "scope/double", Warning,
        "a scope that stands twice",
        None,
        "Once is enough.";
    SCOPE_UNKNOWN = "scope/unknown", Error,
        "a scope that no product has",
        SCHEMA,
        "Scopes are a closed list, each all in upper or all in lower case. Bitbucket has its own.";
    SCOPE_UNUSED = "scope/unused", Warning,
        "a scope that nothing can use",
        None,
        "Customers are asked to grant each scope. `ACT_AS_USER` lets the app call as one of its users, which it \
        proves with the shared secret of the installation; with authentication `none` it gets no secret. `NONE` \
        stands for no scope at all, and says nothing beside others. What else the code of the app calls cannot be \
        seen in a descriptor, so no other scope is reported.";
    SCOPE_WRONG_PRODUCT = "scope/wrong-product", Warning,
        "a scope of another product",
        None,
        "`PROJECT_ADMIN` is for Jira, `SPACE_ADMIN` for Confluence.";
    URL_ABSOLUTE = "url/absolute", Warning,
        "an absolute address where a path is expected",
        None,
        "Pages, webhooks and callbacks are answered by the app: their addresses are paths, and the base URL is put \
        in front.";
    URL_BRACES = "url/braces", Warning,
        "a brace without its other half",
        None,
        "Context parameters are written `{name}`.";
    URL_CACHEABLE = "url/cacheable", Warning,
        "context for a page that gets none",
        None,
        "Browsers may keep a cacheable page, so its address carries no token and no context; parameters in it stay \
        empty.";
    URL_DOLLAR = "url/dollar", Warning,
        "a context parameter in the wrong brackets",
        None,
        "Hosts fill in `{issue.key}`. `${issue.key}` and `{{issue.key}}` reach the app as they stand, or with \
        stray characters.";
    URL_DOT_SEGMENT = "url/dot-segment", Warning,
        "an address that climbs with `..`",
        None,
        "Hosts, proxies and browsers resolve `..` at different times, so signatures do not match.";
    URL_JWT = "url/jwt", Warning,
        "a parameter `{jwt}`",
        None,
        "Hosts add the token by themselves, as the query parameter `jwt`. There is nothing to fill in.";
    URL_NO_SLASH = "url/no-slash", Warning,
        "a path without its first slash",
        None,
        "The host puts the path right behind the base URL: `https://app.example` and `installed` make \
        `https://app.exampleinstalled`.";
    URL_RETIRED_HOST = "url/retired-host", Warning,
        "a host that was shut down",
        None,
        "What is loaded from there no longer loads.";
    URL_SPACE = "url/space", Warning,
        "a space in an address",
        None,
        "Spaces are written `%20`, and one at the end is most likely a slip.";
    URL_UNKNOWN_PARAMETER = "url/unknown-parameter", Warning,
        "a context parameter that is not known",
        None,
        "The list is open, so a new parameter may be right. Hosts leave one they do not know empty.";
    WEBHOOK_NEEDS_READ = "webhook/needs-read", Error,
        "webhooks without the scope to read",
        Some("connect.install.error.missing.scope"),
        "Events carry data of the site, so an app that is told of them needs the scope `READ`, or one that \
        includes it.";
    WEBHOOK_PROPERTY_KEYS = "webhook/property-keys", Warning,
        "property keys in a webhook of Confluence",
        None,
        "Only Jira sends entity properties along with events.";
    WEBHOOK_UNKNOWN_EVENT = "webhook/unknown-event", Warning,
        "an event that is not known",
        None,
        "The list is open, so a new event may be right. An app is never told of one that does not exist.";
}
