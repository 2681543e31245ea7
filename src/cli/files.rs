//! Flags of the commands that print what a package of the program is shipped with.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Print what a shell needs to complete commands, flags and their values
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect completions bash > ~/.local/share/bash-completion/completions/connect
  connect completions zsh > ~/.zfunc/_connect          a folder of $fpath
  connect completions fish > ~/.config/fish/completions/connect.fish
  connect completions powershell >> $PROFILE")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Print the manual page, or write that of every command
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  connect man | man -l -
  connect man --dir ~/.local/share/man/man1    connect.1, connect-dev.1 and so on")]
pub(crate) struct Man {
    /// Write a page for each command into DIR
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}
