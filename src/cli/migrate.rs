//! Flags of `connect migrate`.

use clap::{Args, Subcommand};
use connect_core::BaseUrl;

/// What to carry the app over to.
#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    Forge(MigrateForge),
}

/// Make a Forge manifest of a descriptor, and say what becomes of each of its parts
///
/// The app goes on as it is: Forge carries its Connect modules, the same server answers with the
/// same tokens. What Forge itself has in place of each module is said too, for the second step.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect migrate forge                        say what becomes of the app of this folder
  connect migrate forge --write                and write manifest.yml
  connect migrate forge --print > other.yml
  connect migrate forge https://app.example.com/atlassian-connect.json --url https://app.example.com
  connect migrate forge --json | jq '.steps[] | select(.carried != \"automatic\")'

Exit codes: 0 done, 1 the descriptor has errors or manifest.yml is there, 2 the product is missing,
3 the address did not answer")]
pub(crate) struct MigrateForge {
    /// The descriptor: a file, an address, or `-` for stdin [default: atlassian-connect.json]
    #[arg(value_name = "FILE|URL")]
    pub(crate) descriptor: Option<String>,

    /// Write the manifest to stdout
    #[arg(long, conflicts_with_all = ["write", "json"])]
    pub(crate) print: bool,

    /// Whose modules these are: confluence or jira [default: what the descriptor or its file name
    /// says, else config.json]
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: Option<connect_validator::Product>,

    /// Address of the app's server, instead of the descriptor's `baseUrl`
    #[arg(long, value_name = "URL", value_parser = https)]
    pub(crate) url: Option<BaseUrl>,

    /// Write the manifest to manifest.yml, which must not be there yet
    #[arg(long)]
    pub(crate) write: bool,
}

/// An address that Forge calls.
fn https(text: &str) -> Result<BaseUrl, String> {
    match BaseUrl::parse(text) {
        Ok(url) if url.as_str().starts_with("https://") => Ok(url),
        Ok(_) => Err("Forge calls addresses with https:// only".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
