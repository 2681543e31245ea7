//! Failures of `connect migrate`.

use connect_validator::{Finding, MigrateError};

use crate::error::CliError;
use crate::project::MANIFEST;

impl CliError {
    /// A descriptor that becomes no manifest; `typed` is what a command calls it.
    pub(crate) fn not_migrated(name: &str, typed: &str, error: MigrateError) -> Self {
        let on_jira = format!("connect migrate forge {typed} --product jira");
        match error {
            MigrateError::Bitbucket => Self::user(
                "migrate/bitbucket",
                format!("{name} is for Bitbucket, whose Connect modules Forge does not carry"),
            )
            .hint(format!("{on_jira}    if it is for Jira all the same")),
            MigrateError::WhichProduct => Self::usage(
                "migrate/which-product",
                format!("{name} does not say whether it is for Jira or Confluence"),
            )
            .hint(on_jira)
            .hint(format!(
                "connect migrate forge {typed} --product confluence"
            )),
            MigrateError::Unreadable(findings) => {
                let text = format!("{name} cannot be read as a descriptor");
                let mut shown = Self::user("migrate/unreadable", text);
                shown.causes = findings.iter().take(MOST).map(line).collect();
                shown.hint(format!("connect validate descriptor {typed}"))
            }
            _ => Self::user("migrate/unreadable", format!("{name} becomes no manifest")),
        }
    }

    /// There is a manifest, which may be anybody's work.
    pub(crate) fn manifest_exists() -> Self {
        Self::user(
            "migrate/manifest-exists",
            format!("`{MANIFEST}` is there already, and nothing is written over it"),
        )
        .hint(format!(
            "connect migrate forge --print | diff {MANIFEST} -    shows what is different"
        ))
        .hint(format!("mv {MANIFEST} old.yml    makes room"))
    }
}

fn line(finding: &Finding) -> String {
    let Finding {
        code,
        message,
        span,
        ..
    } = finding;
    format!("line {}: {message} [{code}]", span.line)
}

/// So many mistakes are shown: `connect validate` shows them all.
const MOST: usize = 3;
