//! The command line: flags and their help. Types only; known to `main.rs` and `commands/` alone.

mod add;
mod files;
mod look;
mod migrate;
mod new;
mod sandbox;
mod session;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(crate) use crate::cli::add::{Add, AddCommand, AddModule};
pub(crate) use crate::cli::files::{Completions, Man};
pub(crate) use crate::cli::look::{Doctor, Info, License};
pub(crate) use crate::cli::migrate::{Migrate, MigrateForge};
pub(crate) use crate::cli::new::{New, Vcs};
pub(crate) use crate::cli::sandbox::{
    Sandbox, SandboxAt, SandboxCommand, SandboxFault, SandboxRecord, SandboxTest,
};
pub(crate) use crate::cli::session::{Call, Inspect, Token, TokenMint, TokenRead, Trigger};

/// The developer's workbench for Atlassian Connect apps
#[derive(Debug, Parser)]
#[command(name = "connect", version, propagate_version = true)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  connect new hello --dev        scaffold an app and run it on the built-in sandbox
  connect dev                    run the app of this folder
  connect validate descriptor    check atlassian-connect.json

Exit codes: 0 done, 1 yours to fix, 2 command line, 3 network or host, 70 our bug, 130 left at once")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags every command takes, before or after its name.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Work as if started in DIR
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        help_heading = "Global options"
    )]
    pub(crate) directory: Option<PathBuf>,

    /// Say results as JSON on stdout, one object per line where a command goes on
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,

    /// Say errors only
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Global options"
    )]
    pub(crate) quiet: bool,

    /// Say more; twice (-vv) also each call to a host and each step of a session
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,

    /// Take the default answer to every question
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) yes: bool,

    /// Never ask; name the missing flags instead
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_input: bool,

    /// Trust the certificates of FILE (PEM), too: that of a proxy which inspects TLS
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Global options"
    )]
    pub(crate) cacert: Option<PathBuf>,

    /// When to colour
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        global = true,
        help_heading = "Global options"
    )]
    pub(crate) color: Color,
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Always,
    Auto,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Add),
    Call(Call),
    Clean(Clean),
    Completions(Completions),
    Dev(Dev),
    Doctor(Doctor),
    Explain(Explain),
    Info(Info),
    Inspect(Inspect),
    License(License),
    Man(Man),
    /// Carry the app over to Forge
    #[command(subcommand)]
    Migrate(Migrate),
    New(New),
    /// Take everything away if the session that started this is killed
    #[command(name = "__reap", hide = true)]
    Reap,
    Sandbox(Sandbox),
    Schema(Schema),
    /// List what sessions of this folder registered with hosts and did not take away
    Status,
    Tenants(Tenants),
    /// Read, explain and make tokens
    #[command(subcommand)]
    Token(Token),
    Trigger(Trigger),
    Validate(Validate),
}

/// Run the app: build, install, watch, and take it away again at the end
///
/// Without credentials.json the app is installed in the built-in sandbox, an offline host; with
/// it, on the hosts it names. The descriptor is registered again whenever it changes.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "\
Examples:
  connect dev                                  a Rust app, on the sandbox
  connect dev --exec \"npm start\" --port 3000   an app in any language that listens on 3000
  connect dev --port 8080                      an app that is running already
  connect dev --via upm                        on the hosts of credentials.json
  connect dev --until ready --on-ready \"npm test\"   for CI: ends with the command's success")]
pub(crate) struct Dev {
    /// Where to install the app
    #[arg(long, value_name = "HOST", default_value = "auto")]
    pub(crate) via: Via,

    /// Start the app with CMD (run by the shell) instead of building it with cargo
    #[arg(long, value_name = "CMD")]
    pub(crate) exec: Option<String>,

    /// Port of the app; with --exec the port CMD listens on; 0 takes a free one
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,

    /// With --exec: start CMD again when PATH changes, instead of when any source does
    #[arg(long, value_name = "PATH", requires = "exec")]
    pub(crate) watch: Vec<PathBuf>,

    /// With --exec: never start CMD again by itself, because it looks for changes on its own
    #[arg(long, requires = "exec", conflicts_with = "watch")]
    pub(crate) no_watch: bool,

    /// What opens a way to this machine for hosts elsewhere
    #[arg(long, value_name = "TUNNEL", default_value = "auto")]
    pub(crate) tunnel: Tunnel,

    /// Address under which the hosts reach the app, if you have a tunnel of your own
    #[arg(long, value_name = "URL", conflicts_with = "tunnel")]
    pub(crate) url: Option<String>,

    /// Port of the sandbox [default: 3099, or the next free one]
    #[arg(long, value_name = "N")]
    pub(crate) sandbox_port: Option<u16>,

    /// Leave the app on the hosts in the end; `connect clean` removes it
    #[arg(long)]
    pub(crate) keep: bool,

    /// Run CMD (by the shell) once the app is installed; CONNECT_READY_URL is its first page
    #[arg(long, value_name = "CMD")]
    pub(crate) on_ready: Option<String>,

    /// Look for changes every MS milliseconds instead of being told [default without MS: 500]
    #[arg(long, value_name = "MS", num_args = 0..=1, default_missing_value = "500", value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub(crate) poll: Option<u64>,

    /// Write FILE (JSON, all at once) while the app can be opened
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// End by itself: `ready` is when every host has the app and the command of --on-ready ended
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<UntilWhen>,
}

/// When `connect dev` ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum UntilWhen {
    Ready,
}

/// Where `connect dev` installs the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// The hosts of credentials.json, or the sandbox when it names none
    #[default]
    Auto,
    /// Nowhere: only run the app
    None,
    /// The built-in offline host
    Sandbox,
    /// The hosts of credentials.json, through their UPM
    Upm,
}

/// What opens a way to this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tunnel {
    /// If a host is elsewhere: ngrok with an authtoken, else cloudflared if it is installed
    #[default]
    Auto,
    /// cloudflared; needs no account
    Cloudflared,
    /// ngrok; needs an authtoken, in credentials.json or NGROK_AUTHTOKEN
    Ngrok,
    /// Nothing
    None,
}

/// Take away what sessions of this folder left on hosts
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect clean --dry-run    the same as `connect status`
  connect clean              logs in as credentials.json says
  connect clean --all        also what no session of this folder noted
  connect clean --host acme.atlassian.net --key com.example.hello

Exit codes: 0 nothing is left, 1 a session runs here, 3 something is left")]
pub(crate) struct Clean {
    /// Ask every host of credentials.json for the app, whatever earlier sessions noted
    #[arg(long)]
    pub(crate) all: bool,

    /// List it, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Look at this host of credentials.json only, and ask it for the app
    #[arg(long, value_name = "SITE", conflicts_with = "all")]
    pub(crate) host: Option<String>,

    /// Key of the app to ask for [default: that of atlassian-connect.json]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

/// Check the app's files and show every finding at its line
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect validate                       the descriptor and settings of this folder
  connect validate descriptor --fix      put right what can be put right
  connect validate a.json b.json --format short
  connect validate manifest              the Connect side of a Forge manifest.yml
  connect validate manifest app.yml -    other manifests, one of them from stdin
  connect validate --schema https://example.com/schema.json
  connect validate http://localhost:3000/atlassian-connect.json
  connect validate - < a.json

Exit codes: 0 no errors, 1 errors (with --strict also warnings), 3 the address did not answer")]
pub(crate) struct Validate {
    /// `descriptor`, `config`, `credentials`, `manifest`, a file, an address, or `-` for stdin
    /// [default: those that exist]
    #[arg(value_name = "SUBJECT|FILE|URL")]
    pub(crate) subjects: Vec<String>,

    /// Leave out findings of this code; may be given several times
    #[arg(long, value_name = "CODE", value_parser = finding_code)]
    pub(crate) allow: Vec<String>,

    /// With --fix: show what would change, and change nothing
    #[arg(long, requires = "fix")]
    pub(crate) dry_run: bool,

    /// Put right what can be put right, and keep comments and layout
    #[arg(long)]
    pub(crate) fix: bool,

    /// How to write findings; all but `human` go to stdout
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: crate::check::Format,

    /// Check for this product: bitbucket, confluence or jira [default: by what the file says]
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: Option<connect_validator::Product>,

    /// Hold the file against this JSON Schema too; an address is asked once a day
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) schema: Option<String>,

    /// Warnings fail too
    #[arg(long)]
    pub(crate) strict: bool,

    /// Check again after each change, until interrupted
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Explain what a finding means and what to do about it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect explain module/unknown-type")]
pub(crate) struct Explain {
    /// The code in brackets behind `error`, `warning` or `info`
    #[arg(value_name = "CODE", value_parser = finding_code)]
    pub(crate) code: String,
}

/// Print a JSON Schema, for completion and hover texts in editors
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect schema descriptor --product jira > descriptor.schema.json
  connect schema config
  connect schema events          a line of what `connect dev --json` writes")]
pub(crate) struct Schema {
    /// The file it is for, or `events`: the lines of `--json`
    #[arg(value_enum, value_name = "SUBJECT")]
    pub(crate) subject: SchemaSubject,

    /// With `descriptor`: bitbucket, confluence or jira [default: Jira and Confluence together]
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: Option<connect_validator::Product>,
}

/// A file that has a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaSubject {
    Config,
    Credentials,
    Descriptor,
    Events,
}

/// Look into the store of an app, move its tenants, forget them
///
/// The store is the one that config.json names, or DATABASE_URL; ACE's are read as they stand.
/// Secrets are shown and written only with --secrets.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect tenants list
  connect tenants show 1a2b3c --store postgres://app@db.example/app
  connect tenants export all.jsonl --secrets
  connect tenants import all.jsonl --store redis://cache.example

Exit codes: 0 done, 1 yours to fix, 3 the store does not answer")]
pub(crate) struct Tenants {
    /// Another store: postgres://, mysql://, redis://, mongodb://, dynamodb://REGION/TABLE or
    /// sqlite:FILE
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) store: Option<String>,

    #[command(subcommand)]
    pub(crate) command: TenantsCommand,
}

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantsCommand {
    /// Write all tenants to a file, one JSON record a line
    Export {
        /// A new file, or `-` for stdout [default: -]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,

        /// With shared secrets and settings, as an import needs them
        #[arg(long)]
        secrets: bool,
    },
    /// Remove tenants for good: secrets, settings and all
    Forget {
        /// Client keys
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
    /// Write the tenants of a file into the store, replacing what it has of them
    Import {
        /// A file of `export --secrets`, or `-` for stdin
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// Check the file, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List all tenants
    List,
    /// Show one tenant as JSON
    Show {
        /// Its client key
        #[arg(value_name = "KEY")]
        key: String,

        /// With shared secrets and settings
        #[arg(long)]
        secrets: bool,
    },
}

/// A code that findings can have.
fn finding_code(text: &str) -> Result<String, String> {
    match connect_validator::codes::find(text) {
        Some(code) => Ok(code.id.to_owned()),
        None => Err("no finding has this code; docs/findings.md lists them".to_owned()),
    }
}
