//! Flags of the commands that look at a project and its hosts.

use clap::Args;

/// Look at everything that may stop you, and say what to do about it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect doctor                         files, toolchain, ports, tunnels, hosts, left-behind apps
  connect doctor --only hosts            the hosts of credentials.json alone
  connect doctor --try-install           also whether each host installs from a descriptor at all
  connect doctor --fix                   chmod 600 credentials.json, and have git ignore it

Exit codes: 0 nothing stops you, 1 something does")]
pub(crate) struct Doctor {
    /// Mend what can be mended: who can read credentials.json
    #[arg(long)]
    pub(crate) fix: bool,

    /// Look at this group only; may be given several times
    #[arg(long, value_enum, value_name = "GROUP")]
    pub(crate) only: Vec<crate::doctor::Group>,

    /// Have each host try an install that cannot succeed: some refuse to try (CHANGE-3096)
    #[arg(long)]
    pub(crate) try_install: bool,
}

/// Show the settings that are in force here; secrets are named, never shown
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect info                 one setting a line: NAME = VALUE
  connect info --origin        and where each comes from: `config.json:3`, `env PORT`, `default`
  connect info --json | jq -r '.settings[] | select(.name == \"port\").value'")]
pub(crate) struct Info {
    /// Say where each setting comes from
    #[arg(long)]
    pub(crate) origin: bool,
}

/// Show or set the licence that the app is told of
///
/// In the sandbox of a running session it is set at once. A real site simulates it by an access
/// token of the app's private listing; what changes there is said and asked about first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect license                      what it is
  connect license none                 as a customer who has not paid
  connect license active --token - < token.txt
  connect license trial --host acme-dev.atlassian.net --yes

Exit codes: 0 shown or set, 1 yours to fix, 2 not confirmed, 3 the site does not answer")]
pub(crate) struct License {
    /// The state to set
    #[arg(value_enum, value_name = "STATE")]
    pub(crate) state: Option<crate::host::LicenseState>,

    /// This host of credentials.json [default: the sandbox of the session here, else all]
    #[arg(long, value_name = "SITE")]
    pub(crate) host: Option<String>,

    /// Key of the app [default: that of atlassian-connect.json]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,

    /// File with the access token, or `-` for stdin [default: CONNECT_LICENSE_TOKEN, else the one
    /// that the site has]
    #[arg(long, value_name = "FILE")]
    pub(crate) token: Option<std::path::PathBuf>,
}
