//! `connect new`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

/// Make a new app
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect new hello              asks what it needs to know
  connect new hello --dev -y     asks nothing, and runs the app when it is made
  connect new --list             the templates and their products")]
pub(crate) struct New {
    /// Name of the app, and of its folder
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// What the app starts from: a name of --list, a folder, a git URL, or https://...zip
    #[arg(long, value_name = "TEMPLATE", value_parser = TemplateParser)]
    pub(crate) template: Option<String>,

    /// Product the app is for
    #[arg(long, value_name = "PRODUCT", value_parser = products())]
    pub(crate) product: Option<String>,

    /// Where tenants are kept in production; in development it is a file of SQLite
    #[arg(long, value_name = "STORE", value_parser = crate::scaffold::STORES)]
    pub(crate) store: Option<String>,

    /// App key [default: com.example.NAME]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,

    /// Folder to make the app in [default: NAME, here]
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,

    /// Where the app gets the runtime from: vendor, registry or path=DIR
    #[arg(long, value_name = "FROM")]
    pub(crate) runtime: Option<crate::scaffold::RuntimeSource>,

    /// Version control to set up
    #[arg(long, value_name = "VCS", default_value = "git")]
    pub(crate) vcs: Vcs,

    /// List the templates and their products, and make nothing
    #[arg(long, conflicts_with_all = ["name", "dev"])]
    pub(crate) list: bool,

    /// Write into a folder with something in it, where git has every file as it is
    #[arg(long)]
    pub(crate) force: bool,

    /// Have cargo fetch what the app depends on, for a first build without network
    #[arg(long)]
    pub(crate) fetch: bool,

    /// Go on with `connect dev` in the new app
    #[arg(long)]
    pub(crate) dev: bool,
}

/// The name of one of our templates, or a place where another one is.
#[derive(Clone)]
struct TemplateParser;

impl TypedValueParser for TemplateParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        match value.to_str() {
            Some(place) if crate::scaffold::is_elsewhere(place) => Ok(place.to_owned()),
            _ => PossibleValuesParser::new(crate::scaffold::template_names())
                .parse_ref(command, argument, value),
        }
    }
}

/// The products of `connect new`; one more is known, and refused with a reason.
fn products() -> Vec<PossibleValue> {
    let names = crate::scaffold::product_names().into_iter();
    let refused = PossibleValue::new("bitbucket").hide(true);
    names.map(PossibleValue::new).chain([refused]).collect()
}

/// Version control of a new app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Vcs {
    /// A repository on branch main, unless the folder is inside one already
    Git,
    /// None
    None,
}
