//! Failures of a store of tenants.

use connect_core::store::StoreError;

use crate::error::{CliError, sources};
use crate::tenants::{ImportError, TenantError};

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let new = match &error {
            StoreError::Full { .. } | StoreError::Unavailable { .. } => Self::outside,
            _ => Self::user,
        };
        let mut shown = new(error.code(), error.to_string());
        shown.causes = sources(&error);
        match error {
            StoreError::NoDriver { feature } => shown.hint(format!(
                "build `connect` with it: cargo install connect-cli --features {feature}"
            )),
            StoreError::Settings { .. } | StoreError::Unauthorized { .. } => {
                shown.hint("check --store, or `store` in config.json and DATABASE_URL")
            }
            error => shown.hint(error.hint()),
        }
    }
}

impl From<TenantError> for CliError {
    fn from(error: TenantError) -> Self {
        let message = error.to_string();
        match error {
            TenantError::Key { .. } => Self::usage("tenants/bad-key", message),
            TenantError::NotConfirmed => Self::user("tenants/not-confirmed", message),
            TenantError::Unknown { .. } => {
                Self::user("tenants/unknown", message).hint("connect tenants list")
            }
            TenantError::Unreadable(_) => Self::user("store/corrupt", message)
                .hint("install the app again on those sites, or `connect tenants forget`"),
        }
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> Self {
        let mut shown = match &error {
            ImportError::File { source, .. }
                if source.kind() == std::io::ErrorKind::AlreadyExists =>
            {
                Self::user("tenants/file", error.to_string()).hint("choose another name")
            }
            ImportError::File { .. } => Self::user("tenants/file", error.to_string()),
            ImportError::Format(_) | ImportError::Record { .. } => {
                Self::user("tenants/bad-file", error.to_string())
                    .hint("connect tenants export FILE --secrets writes one that can be imported")
            }
        };
        if let ImportError::File { source, .. } = &error {
            shown = shown.cause(source);
        }
        shown
    }
}
