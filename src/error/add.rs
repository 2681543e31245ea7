//! Failures of `connect add`.

use connect_validator::{Finding, Level, PlaceError};

use crate::error::CliError;
use crate::scaffold::module::{AddError, DESCRIPTORS};

impl From<AddError> for CliError {
    fn from(error: AddError) -> Self {
        let message = error.to_string();
        match error {
            AddError::Answer { expected, .. } => {
                Self::user("add/bad-answer", message).hint(format!("expected {expected}"))
            }
            AddError::Descriptor {
                file,
                findings,
                before,
            } => {
                let wrong = findings.iter().filter(|found| found.level != Level::Info);
                let mut shown = Self::user("add/descriptor", message);
                shown.causes = wrong.map(line).collect();
                match before {
                    true => shown.hint(format!("connect validate descriptor {file}")),
                    false => shown.hint("choose another answer; nothing was written"),
                }
            }
            AddError::NoDescriptor => Self::user("add/no-descriptor", message)
                .hint("go to the folder of a Connect app, or name it: connect -C DIR add module")
                .hint("connect new hello    makes one"),
            AddError::NotRecognised { expected, .. } => Self::user("add/not-recognised", message)
                .cause(format!("expected {expected}"))
                .hint("add `--descriptor-only`, and write route, view and test yourself"),
            AddError::Place { source, file, .. } => {
                let shown = Self::user("add/no-room", message).cause(source);
                match source {
                    PlaceError::Full => shown.hint(format!("change the one that is in {file}")),
                    _ => shown.hint(format!("connect validate descriptor {file}")),
                }
            }
            AddError::Product { product, .. } => {
                let product = product.name().to_lowercase();
                Self::user("add/other-product", message)
                    .hint(format!("connect add module --list --product {product}"))
                    .hint(format!(
                        "an app for both products has `{}` too",
                        DESCRIPTORS[1]
                    ))
            }
            AddError::Taken { flag, .. } => {
                Self::user("add/taken", message).hint(format!("choose another one with `{flag}`"))
            }
            AddError::Template(error) => error.into(),
        }
    }
}

fn line(finding: &Finding) -> String {
    let Finding { code, message, .. } = finding;
    format!("{message} [{code}]")
}
