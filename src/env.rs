//! Every environment variable the program reads or sets, one documented constant each.

/// Set by most CI services: no colour, no prompt.
pub(crate) const CI: &str = "CI";
/// What `--cacert` names, unless that does.
pub(crate) const CONNECT_CACERT: &str = "CONNECT_CACERT";
/// Set for what a coding agent starts, by it: as with [`CI`], nobody looks at the terminal.
pub(crate) const AGENTS: [&str; 6] = [
    "AI_AGENT",
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "CURSOR_AGENT",
    "GEMINI_CLI",
    "OPENCODE",
];
/// The `cargo` to build with, as cargo itself sets it for the programs it starts.
pub(crate) const CARGO: &str = "CARGO";
/// `0` means no colour (the older convention).
pub(crate) const CLICOLOR: &str = "CLICOLOR";
/// Not empty and not `0`: colour even without a terminal.
pub(crate) const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// The same as [`CLICOLOR_FORCE`], as Node programs spell it.
pub(crate) const FORCE_COLOR: &str = "FORCE_COLOR";
/// Not empty: no colour (<https://no-color.org>).
pub(crate) const NO_COLOR: &str = "NO_COLOR";
/// The user's folder; what can be made again is kept below it.
pub(crate) const HOME: &str = "HOME";
/// Windows: the user's folder for what programs keep.
pub(crate) const LOCALAPPDATA: &str = "LOCALAPPDATA";
/// The locale of everything; before [`LC_CTYPE`].
pub(crate) const LC_ALL: &str = "LC_ALL";
/// The locale of characters; before [`LANG`].
pub(crate) const LC_CTYPE: &str = "LC_CTYPE";
/// The locale. Where it names UTF-8, signs such as `✓` are shown.
pub(crate) const LANG: &str = "LANG";
/// `dumb` means no colour and no prompt.
pub(crate) const TERM: &str = "TERM";
/// Where what can be made again is kept, instead of `~/.cache` (XDG Base Directory Specification).
pub(crate) const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The user's editor, if [`VISUAL`] names none.
pub(crate) const EDITOR: &str = "EDITOR";
/// The user's editor for a full terminal.
pub(crate) const VISUAL: &str = "VISUAL";

/// Port of the app. Read: the port people reach it on. Set for the child: where it must listen.
pub(crate) const PORT: &str = "PORT";
/// The address under which hosts reach the app. Read when a host is elsewhere; set for the child.
pub(crate) const AC_LOCAL_BASE_URL: &str = "AC_LOCAL_BASE_URL";
/// Set for the child: where the bridge script comes from.
pub(crate) const AC_HOST_SCRIPT_URL: &str = "AC_HOST_SCRIPT_URL";
/// Switches of ACE. Read, and handed to the child with `no-reg`: registering is our work.
pub(crate) const AC_OPTS: &str = "AC_OPTS";
/// Selects the section of config.json; comes before [`NODE_ENV`].
pub(crate) const CONNECT_ENV: &str = "CONNECT_ENV";
/// Set for the command of `--on-ready`: the app's own address. Read by `sandbox test`.
pub(crate) const CONNECT_APP_URL: &str = "CONNECT_APP_URL";
/// Set for the command of `--on-ready`: the app's first page on its first host.
pub(crate) const CONNECT_READY_URL: &str = "CONNECT_READY_URL";
/// Set for every child of a session: which session it belongs to, so that none is overlooked when
/// that is killed.
pub(crate) const CONNECT_SESSION: &str = "CONNECT_SESSION";
/// An API token for every host, or with `_` and the host's name in capitals for that one; before
/// what credentials.json says.
pub(crate) const CONNECT_TOKEN: &str = "CONNECT_TOKEN";
/// Set for the child: keys of the sandbox's Forge (a JSON Web Key Set).
pub(crate) const CONNECT_FORGE_KEYS_URL: &str = "CONNECT_FORGE_KEYS_URL";
/// Access token of the app's private listing, for `connect license` on a real site.
pub(crate) const CONNECT_LICENSE_TOKEN: &str = "CONNECT_LICENSE_TOKEN";
/// Set for the child: key server of the sandbox; a GET of `{url}/{kid}` answers a PEM.
pub(crate) const CONNECT_KEYS_CDN_URL: &str = "CONNECT_KEYS_CDN_URL";
/// Keys that the secrets of the store are sealed with: `name:base64`, with commas between them.
pub(crate) const CONNECT_STORE_KEYS: &str = "CONNECT_STORE_KEYS";
/// Where the app keeps its tenants; comes before `store.url` of config.json.
pub(crate) const DATABASE_URL: &str = "DATABASE_URL";
/// The same, as ACE spells it.
pub(crate) const DB_URL: &str = "DB_URL";
/// The same for MongoDB.
pub(crate) const MONGODB_URI: &str = "MONGODB_URI";
/// For tests, and only in debug builds: what SIGUSR1 breaks in a session, `a task` or
/// `the loop`.
#[cfg(all(debug_assertions, unix))]
pub(crate) const CONNECT_BREAK: &str = "CONNECT_BREAK";
/// For tests: `localhost:<port>` of a double of ngrok's server. Other machines are refused, because
/// the authtoken is sent there.
pub(crate) const CONNECT_NGROK_SERVER: &str = "CONNECT_NGROK_SERVER";
/// For tests: file with the certificate authority of [`CONNECT_NGROK_SERVER`], in PEM.
pub(crate) const CONNECT_NGROK_CA: &str = "CONNECT_NGROK_CA";
/// Proxy for what goes out over TLS, as `http://[user:password@]host:port`; HTTP calls take it by
/// themselves, and the connection to ngrok's server takes it too.
pub(crate) const HTTPS_PROXY: &str = "HTTPS_PROXY";
/// The same, as most programs on Unix spell it.
pub(crate) const HTTPS_PROXY_LOWER: &str = "https_proxy";
/// Names that are reached without [`HTTPS_PROXY`], separated by commas.
pub(crate) const NO_PROXY: &str = "NO_PROXY";
/// The same, as most programs on Unix spell it.
pub(crate) const NO_PROXY_LOWER: &str = "no_proxy";
/// Token of the user's ngrok account, if credentials.json has none.
pub(crate) const NGROK_AUTHTOKEN: &str = "NGROK_AUTHTOKEN";
/// Where programs are looked for.
pub(crate) const PATH: &str = "PATH";
/// The same in ACE; `development` when both are unset.
pub(crate) const NODE_ENV: &str = "NODE_ENV";
