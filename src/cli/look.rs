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
