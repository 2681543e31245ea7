//! `connect add`.

use clap::{Args, Subcommand};

/// Add to an app that is there
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(subcommand)]
    pub(crate) command: AddCommand,
}

/// What can be added.
#[derive(Debug, Subcommand)]
pub(crate) enum AddCommand {
    Module(AddModule),
}

/// Add a module: its entry in the descriptor, its route, view and test
///
/// Comments and layout of what is there are kept. Where the app's code is not recognised nothing is
/// written; --descriptor-only leaves the code to you.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect add module jiraIssueContexts --name \"Sprint report\"
  connect add module webhooks --event jira:issue_deleted
  connect add module webItems --location operations-work --dry-run
  connect add module --list          the types and what they are

Exit codes: 0 done, 1 yours to fix, 2 command line")]
pub(crate) struct AddModule {
    /// Type of the module, as descriptors call it
    #[arg(value_name = "TYPE", value_parser = kind)]
    pub(crate) kind: Option<String>,

    /// Key of the module, and of its files [default: from its name]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,

    /// Name that people see [default: the words of the type]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Path that answers it, with a query if it needs one [default: /KEY]
    #[arg(long, value_name = "PATH")]
    pub(crate) url: Option<String>,

    /// Where in the product it stands, for types that say so
    #[arg(long, value_name = "PLACE")]
    pub(crate) location: Option<String>,

    /// What a webhook tells of [default: jira:issue_updated or page_updated]
    #[arg(long, value_name = "EVENT")]
    pub(crate) event: Option<String>,

    /// Product it is for, in an app for both: confluence or jira
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: Option<connect_validator::Product>,

    /// Change the descriptor alone, of an app in any language
    #[arg(long)]
    pub(crate) descriptor_only: bool,

    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// List the types of modules, and add none
    #[arg(long, conflicts_with = "kind")]
    pub(crate) list: bool,
}

/// The name of a type. They are too many for the help.
fn kind(text: &str) -> Result<String, String> {
    if connect_validator::module_kinds().any(|kind| kind.name == text) {
        return Ok(text.to_owned());
    }
    let meant = connect_validator::nearest_kind(text);
    let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
    Err(format!(
        "{meant}`connect add module --list` shows all types"
    ))
}
