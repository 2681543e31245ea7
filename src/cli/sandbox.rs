//! Flags of the offline host.

use clap::{Args, Subcommand};

/// Run the offline host alone, for tests, CI and apps in other languages
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  connect sandbox --port 3099
  connect sandbox --json         says `ready` with url, username, password and keys
  connect sandbox --site acme --site beta     three customers, each with both products
  connect sandbox test http://127.0.0.1:3000
  connect sandbox fault answer:rest=429 --times 3

What it knows is kept in .connect/sandbox between runs."
)]
pub(crate) struct Sandbox {
    #[command(subcommand)]
    pub(crate) command: Option<SandboxCommand>,

    /// Port to listen on; 0 takes a free one [default: 3099, or the next free one]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,

    /// One more customer, with sites at /NAME/jira and /NAME/wiki; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Vec<String>,
}

/// What to do with the offline host besides running it.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    Fault(SandboxFault),
    Record(SandboxRecord),
    /// Make what the sites of a running sandbox keep as it was in the beginning; apps stay
    Reset(SandboxAt),
    Test(SandboxTest),
}

/// Which sandbox.
#[derive(Debug, Args)]
pub(crate) struct SandboxAt {
    /// Address of the sandbox
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3099")]
    pub(crate) at: String,
}

/// Order misbehaviour from a running sandbox, or list what is on order
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect sandbox fault                            what is on order, and what can be
  connect sandbox fault expired-token              for the next token
  connect sandbox fault answer:rest=429 --times 3
  connect sandbox fault clock-skew=-600 --always
  connect sandbox fault --clear")]
pub(crate) struct SandboxFault {
    /// Faults, as docs/guide/sandbox.md lists them
    #[arg(value_name = "FAULT", value_parser = fault)]
    pub(crate) faults: Vec<String>,

    /// Until it is taken back
    #[arg(long, requires = "faults", conflicts_with = "times")]
    pub(crate) always: bool,

    /// Take back every order first
    #[arg(long)]
    pub(crate) clear: bool,

    /// How often
    #[arg(long, value_name = "N", default_value_t = 1, requires = "faults", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) times: u32,

    #[command(flatten)]
    pub(crate) at: SandboxAt,
}

/// Write what a running sandbox did to an app as a fixture, to be done again in a test
///
/// Installs, pages, webhooks with their bodies, uninstalls: `Sandbox::replay` does them again and
/// says what the app does otherwise. A fixture has no secret and no token in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect sandbox record tests/session.json
  connect sandbox record --app com.example.hello > session.json")]
pub(crate) struct SandboxRecord {
    /// Where to write it [default: stdout]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<std::path::PathBuf>,

    /// Key of the app, if several are installed
    #[arg(long, value_name = "KEY")]
    pub(crate) app: Option<String>,

    #[command(flatten)]
    pub(crate) at: SandboxAt,
}

/// Attack a running app with all that Connect apps must refuse, and print a score
///
/// The app may be written in anything. It is installed in a sandbox of this command, so it must
/// have been started with CONNECT_KEYS_CDN_URL=http://127.0.0.1:3099/install-keys, or by `connect
/// dev` or beside `connect sandbox` in this folder. Failed requests are printed as lines for curl.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect sandbox test http://127.0.0.1:3000
  connect sandbox test           the app of the session that runs here
  connect dev --exec \"npm start\" --port 3000 --until ready --on-ready \"connect sandbox test\"

Exit codes: 0 no hole, 1 a hole, or a genuine request refused, or the app cannot be installed")]
pub(crate) struct SandboxTest {
    /// Address of the app, or of its descriptor [default: CONNECT_APP_URL, else the app of the
    /// session that runs here]
    #[arg(value_name = "URL")]
    pub(crate) url: Option<String>,

    /// Install it in this product: confluence or jira [default: the first that takes it]
    #[arg(long, value_name = "PRODUCT", value_parser = product)]
    pub(crate) product: Option<connect_core::Product>,

    /// Port of the sandbox, whose key server the app must trust [default: 3099, or the next free one]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,

    /// Advice that is not followed fails too
    #[arg(long)]
    pub(crate) strict: bool,
}

/// A fault that there is.
fn fault(text: &str) -> Result<String, String> {
    let fault = text.parse::<connect_sandbox::Fault>();
    fault
        .map(|fault| fault.to_string())
        .map_err(|unknown| unknown.to_string())
}

/// A product that the sandbox has.
fn product(text: &str) -> Result<connect_core::Product, String> {
    match text {
        "confluence" => Ok(connect_core::Product::Confluence),
        "jira" => Ok(connect_core::Product::Jira),
        _ => Err("the sandbox has `confluence` and `jira`".to_owned()),
    }
}
