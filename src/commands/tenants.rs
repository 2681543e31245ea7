//! `connect tenants`: look into the store of an app and move what is there.

use std::path::PathBuf;
use std::process::ExitCode;

use connect_store::transfer::Secrets;

use crate::cli::{Tenants, TenantsCommand};
use crate::context::Context;
use crate::error::CliError;
use crate::tenants::{self, ExportOptions, ImportOptions};

pub(super) fn run(flags: Tenants, context: &Context) -> Result<ExitCode, CliError> {
    let Tenants { store, command } = flags;
    context.block_on(async {
        let store = store.as_deref();
        match command {
            TenantsCommand::Export { file, secrets } => {
                let options = ExportOptions {
                    file: named(file, context),
                    secrets: shown(secrets),
                };
                let opened = tenants::open(store, context).await?;
                tenants::export(&opened, &options, context).await
            }
            TenantsCommand::Forget { keys } => {
                let opened = tenants::open(store, context).await?;
                tenants::forget(&opened, &keys, context).await
            }
            TenantsCommand::Import { file, dry_run } => {
                let options = ImportOptions {
                    file: named(Some(file), context),
                    dry_run,
                };
                let opened = tenants::open_to_write(store, context).await?;
                tenants::import(&opened, &options, context).await
            }
            TenantsCommand::List => {
                let opened = tenants::open(store, context).await?;
                tenants::list(&opened, context).await
            }
            TenantsCommand::Show { key, secrets } => {
                let opened = tenants::open(store, context).await?;
                tenants::show(&opened, &key, shown(secrets), context).await
            }
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `-` is stdin or stdout.
fn named(file: Option<PathBuf>, context: &Context) -> Option<PathBuf> {
    file.filter(|file| file.as_os_str() != "-")
        .map(|file| context.cwd.join(file))
}

fn shown(secrets: bool) -> Secrets {
    if secrets {
        Secrets::Shown
    } else {
        Secrets::Hidden
    }
}
