//! Failures of the program's own means: threads, and readers of what it says.

use std::io;

use crate::error::CliError;

impl CliError {
    /// The system gives no threads.
    pub(crate) fn no_threads(error: &io::Error) -> Self {
        Self::outside("cli/no-runtime", "the system gives no threads").cause(error)
    }

    /// Who reads a stream read too little of it.
    pub(crate) fn slow_reader(lost: u64, stream: &str) -> Self {
        let lines = if lost == 1 { "line" } else { "lines" };
        let message = format!("{lost} {lines} were lost: nobody read {stream}");
        Self::outside("cli/slow-reader", message)
    }
}
