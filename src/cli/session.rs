//! Flags of the commands that ask a running session.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Call the REST interface of the product as the app or as a user, while `connect dev` runs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect call GET /rest/api/3/myself
  connect call GET /rest/api/3/search/jql -f jql='project = TEST' --include
  connect call POST /rest/api/3/issue --input issue.json
  connect call GET /rest/api/3/myself --as-user 712020:ada
  connect call GET /rest/api/3/project/search --paginate --jq '.values[].key'

Exit codes: 0 the host did it, 1 it refused, 3 it did not answer")]
pub(crate) struct Call {
    /// GET, POST, PUT, DELETE and so on
    #[arg(value_name = "METHOD")]
    pub(crate) method: String,

    /// Path below the site's address
    #[arg(value_name = "PATH")]
    pub(crate) path: String,

    /// Act as the user of this account id; the descriptor must ask for ACT_AS_USER
    #[arg(long, value_name = "ACCOUNT_ID")]
    pub(crate) as_user: Option<String>,

    /// A member of the JSON body, or a parameter of the query where there is no body
    #[arg(short = 'f', long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) field: Vec<String>,

    /// Print status and header fields too
    #[arg(short = 'i', long)]
    pub(crate) include: bool,

    /// JSON file with the body, or `-` for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "field")]
    pub(crate) input: Option<String>,

    /// Print what is at PATH alone, strings as they are: .accountId, .values[].key, .values[-1]
    #[arg(long, value_name = "PATH")]
    pub(crate) jq: Option<crate::call::Filter>,

    /// Follow to the next pages, N in all [default without N: 100], and print a page a line
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "100", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) paginate: Option<u32>,

    /// Which half of an app for both products [default: the one for Jira]
    #[arg(long, value_enum, value_name = "PRODUCT")]
    pub(crate) product: Option<crate::project::Product>,

    /// Client key of the tenant, if there are several
    #[arg(long, value_name = "KEY")]
    pub(crate) tenant: Option<String>,
}

/// A name and a value.
fn name_and_value(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() => Ok(text.to_owned()),
        _ => Err("it is not NAME=VALUE".to_owned()),
    }
}

/// Show the requests that came to the app, and why their tokens were refused
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect inspect                the last requests
  connect inspect 7              all of one: head, body, token, and what the token was made for
  connect inspect --follow       as they come, while `connect dev` runs
  connect inspect --replay 7     sends it again, byte for byte
  connect inspect --curl 7 | sh  the same by hand

Exit codes: 0 shown, 1 no such request or no session")]
#[command(group = clap::ArgGroup::new("what"))]
pub(crate) struct Inspect {
    /// The number behind `#`
    #[arg(value_name = "ID", group = "what")]
    pub(crate) id: Option<u64>,

    /// Print a command of curl that sends it again, token included
    #[arg(long, value_name = "ID", group = "what")]
    pub(crate) curl: Option<u64>,

    /// Print requests as they come
    #[arg(long, group = "what")]
    pub(crate) follow: bool,

    /// Write all requests into an HTTP archive, without secrets
    #[arg(long, value_name = "FILE", group = "what")]
    pub(crate) har: Option<PathBuf>,

    /// How many to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: usize,

    /// Send it again, byte for byte, and print the status
    #[arg(long, value_name = "ID", group = "what")]
    pub(crate) replay: Option<u64>,
}

/// What to do with a token.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Say what a token says and what it is worth; it comes from stdin or from a request
    #[command(visible_alias = "explain")]
    #[command(after_help = "\
Examples:
  connect token decode < token.txt
  connect token explain --from-request 9
  connect token decode --method GET --path '/hello?lic=active' < token.txt

Exit codes: 0 it holds or cannot be checked, 1 it is refused")]
    Decode(TokenRead),
    /// Make a token with the secret that the running session knows
    #[command(after_help = "\
Examples:
  connect token mint --method GET --path /rest/api/3/myself | pbcopy
  connect token mint --kind host --path /hello --user 712020:ada --show")]
    Mint(TokenMint),
}

/// A token that is to be read.
#[derive(Debug, Args)]
pub(crate) struct TokenRead {
    /// The token of a request that `connect inspect` lists
    #[arg(long, value_name = "ID")]
    pub(crate) from_request: Option<u64>,

    /// Method of the request it is for
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub(crate) method: String,

    /// Path and query of the request it is for
    #[arg(long, value_name = "PATH", default_value = "/")]
    pub(crate) path: String,
}

/// A token that is to be made.
#[derive(Debug, Args)]
pub(crate) struct TokenMint {
    /// For whom: a call of the app to the host, a page's call, or a request of the host
    #[arg(long, value_enum, default_value = "app", value_name = "KIND")]
    pub(crate) kind: crate::inspect::TokenKind,

    /// Method of the request
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub(crate) method: String,

    /// Path and query of the request
    #[arg(long, value_name = "PATH")]
    pub(crate) path: String,

    /// Show it on the terminal
    #[arg(long)]
    pub(crate) show: bool,

    /// Which half of an app for both products [default: the one for Jira]
    #[arg(long, value_enum, value_name = "PRODUCT")]
    pub(crate) product: Option<crate::project::Product>,

    /// Client key of the tenant, if there are several
    #[arg(long, value_name = "KEY")]
    pub(crate) tenant: Option<String>,

    /// Account id of the user
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
}

/// Send the app what a host would send, signed, or wrong on purpose
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect trigger                          lists what the descriptor has
  connect trigger jira:issue_created --set issue.key=TEST-1
  connect trigger iframe:hello --user 712020:ada
  connect trigger installed                signed with the sandbox's own key
  connect trigger installed --flaw shared-secret
  connect trigger --from 12 --set issue.key=TEST-2
  connect trigger --from 12 --edit         opens $EDITOR on the body that came

Exit codes: 0 a good request was let in or a bad one refused with 401, 1 otherwise")]
pub(crate) struct Trigger {
    /// `installed`, `enabled`, `disabled`, `uninstalled`, the event of a webhook, or `iframe:` and
    /// the key of a module [default: list them]
    #[arg(value_name = "EVENT")]
    pub(crate) event: Option<String>,

    /// JSON file with the body
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,

    /// Change the body in $VISUAL or $EDITOR; secrets stay out of it, and go back in
    #[arg(long, conflicts_with = "body")]
    pub(crate) edit: bool,

    /// What is to be wrong with the token
    #[arg(long, value_enum, value_name = "FLAW")]
    pub(crate) flaw: Option<crate::inspect::Flaw>,

    /// Send request N of `connect inspect` again, with a token of its own
    #[arg(long, value_name = "N", conflicts_with = "event")]
    pub(crate) from: Option<u64>,

    /// List what can be sent; the same as naming nothing
    #[arg(long, conflicts_with_all = ["event", "from"])]
    pub(crate) list: bool,

    /// Put a value into the body: issue.key=TEST-1
    #[arg(long, value_name = "PLACE=VALUE", value_parser = name_and_value)]
    pub(crate) set: Vec<String>,

    /// Which half of an app for both products [default: the one for Jira]
    #[arg(long, value_enum, value_name = "PRODUCT")]
    pub(crate) product: Option<crate::project::Product>,

    /// Client key of the tenant, if there are several
    #[arg(long, value_name = "KEY")]
    pub(crate) tenant: Option<String>,

    /// Account id of the user
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
}
