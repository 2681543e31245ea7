//! `connect dev`: runs the app on its hosts.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::check::warn_of_exposure;
use crate::cli::{Dev, Tunnel, UntilWhen, Via};
use crate::context::Context;
use crate::dev::{Choice, DevOptions, HostChoice, Until, dev};
use crate::error::CliError;
use crate::project::CREDENTIALS;

pub(super) fn run(flags: Dev, context: &Context) -> Result<ExitCode, CliError> {
    run_in(&context.cwd, flags, context)
}

/// Runs the app of a folder.
pub(super) fn run_in(folder: &Path, flags: Dev, context: &Context) -> Result<ExitCode, CliError> {
    let options = DevOptions {
        folder: folder.to_path_buf(),
        hosts: match flags.via {
            Via::Auto => HostChoice::Auto,
            Via::None => HostChoice::None,
            Via::Sandbox => HostChoice::Sandbox,
            Via::Upm => HostChoice::Upm,
        },
        exec: flags.exec,
        port: flags.port,
        watch: (!flags.no_watch).then_some(flags.watch),
        tunnel: match flags.tunnel {
            Tunnel::Auto => Choice::Auto,
            Tunnel::Cloudflared => Choice::Cloudflared,
            Tunnel::Ngrok => Choice::Ngrok,
            Tunnel::None => Choice::None,
        },
        url: flags.url,
        sandbox_port: flags.sandbox_port,
        keep: flags.keep,
        on_ready: flags.on_ready,
        poll: flags.poll.map(Duration::from_millis),
        // The project may be another folder than the one the user is in.
        ready_file: flags.ready_file.map(|file| context.cwd.join(file)),
        until: match flags.until {
            Some(UntilWhen::Ready) => Until::Ready,
            None => Until::Interrupt,
        },
    };
    if matches!(options.hosts, HostChoice::Auto | HostChoice::Upm) {
        warn_of_exposure(CREDENTIALS, folder, context);
    }
    context.block_on(dev(options, context))?;
    Ok(ExitCode::SUCCESS)
}
