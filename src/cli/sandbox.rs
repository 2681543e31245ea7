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
  connect sandbox test http://127.0.0.1:3000"
)]
pub(crate) struct Sandbox {
    #[command(subcommand)]
    pub(crate) command: Option<SandboxCommand>,

    /// Port to listen on; 0 takes a free one [default: 3099, or the next free one]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
}

/// What to do with the offline host besides running it.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    Test(SandboxTest),
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

/// A product that the sandbox has.
fn product(text: &str) -> Result<connect_core::Product, String> {
    match text {
        "confluence" => Ok(connect_core::Product::Confluence),
        "jira" => Ok(connect_core::Product::Jira),
        _ => Err("the sandbox has `confluence` and `jira`".to_owned()),
    }
}
