//! Tenants out of a store into a file, and back: JSON Lines, a record each, behind a first line
//! that says what it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use connect_store::transfer::{Secrets, TransferError, put, take, tenant_of};
use serde_json::{Value, json};

use super::{Opened, Pages, TenantError, counted};
use crate::context::Context;
use crate::error::CliError;
use crate::ui::Verb;

/// What to write, and where to.
pub(crate) struct ExportOptions {
    /// The file; none for stdout.
    pub(crate) file: Option<PathBuf>,
    /// With or without secrets.
    pub(crate) secrets: Secrets,
}

/// What to read.
pub(crate) struct ImportOptions {
    /// The file; none for stdin.
    pub(crate) file: Option<PathBuf>,
    /// Check every record, and write none.
    pub(crate) dry_run: bool,
}

/// A file of tenants cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// It cannot be read or written.
    #[error("cannot use `{file}`")]
    File {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// It is something else.
    #[error("`{0}` is no export of tenants")]
    Format(String),
    /// One of its records is none. What came before it is written.
    #[error("`{file}` line {line}: {source}")]
    Record {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        source: TransferError,
    },
}

/// Writes every tenant of the store.
///
/// # Errors
/// When the file exists or cannot be written, or the store fails; [`TenantError::Unreadable`]
/// after the others when some cannot be read.
pub(crate) async fn export(
    opened: &Opened,
    options: &ExportOptions,
    context: &Context,
) -> Result<(), CliError> {
    let mut out = Out::create(options)?;
    let header = json!({"format": FORMAT, "secrets": options.secrets == Secrets::Shown});
    out.line(&header, context)?;
    let (mut count, mut unreadable) = (0, 0);
    let mut pages = Pages::of(opened);
    let progress = context.ui.progress("Exporting", None);
    while let Some((tenants, broken)) = pages.next().await? {
        for tenant in &tenants {
            let record = take(&*opened.store, tenant, options.secrets).await?;
            out.line(&record, context)?;
            count += 1;
            progress.set(count);
        }
        unreadable += broken.len();
        for error in broken {
            context.ui.warning(&format!("[{}] {error}", error.code()));
        }
    }
    drop(progress);
    out.finish()?;
    let without = match options.secrets {
        Secrets::Hidden => ", without secrets: to look at, not to import",
        Secrets::Shown => "",
    };
    let summary = format!("{} of {}{without}", count_of(count), opened.name);
    context.ui.status(Verb::Done("Exported"), &summary);
    if unreadable > 0 {
        return Err(TenantError::Unreadable(unreadable).into());
    }
    Ok(())
}

/// Writes every record of a file into the store. Can be repeated.
///
/// # Errors
/// At the first record that is none; what came before it is written.
pub(crate) async fn import(
    opened: &Opened,
    options: &ImportOptions,
    context: &Context,
) -> Result<(), CliError> {
    let (file, length) = match &options.file {
        Some(path) => (
            path.display().to_string(),
            fs::metadata(path).ok().map(|found| found.len()),
        ),
        None => ("-".to_owned(), None),
    };
    let failed = |source| ImportError::File {
        file: file.clone(),
        source,
    };
    let mut input: Box<dyn BufRead> = match &options.file {
        Some(path) => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
        None => Box::new(BufReader::new(io::stdin())),
    };
    let (mut count, mut at, mut line) = (0, 0, 0);
    let progress = context.ui.progress("Importing", length);
    loop {
        let mut text = String::new();
        let read = input.by_ref().take(LONGEST).read_line(&mut text);
        let read = read.map_err(failed)?;
        if read == 0 {
            break;
        }
        at += read as u64;
        line += 1;
        let wrong = |source| ImportError::Record {
            file: file.clone(),
            line,
            source,
        };
        let record: Option<Value> = serde_json::from_str(&text).ok();
        if line == 1 {
            let format = record.as_ref().and_then(|record| record.get("format"));
            if format != Some(&Value::from(FORMAT)) {
                return Err(ImportError::Format(file).into());
            }
            continue;
        }
        let record = record.ok_or_else(|| {
            wrong(TransferError::Record(
                "not JSON, or longer than 1 MiB".to_owned(),
            ))
        })?;
        if options.dry_run {
            tenant_of(&record).map_err(wrong)?;
        } else {
            match put(&*opened.store, &record).await {
                Ok(_) => {}
                Err(TransferError::Store(error)) => return Err(error.into()),
                Err(error) => return Err(wrong(error).into()),
            }
        }
        count += 1;
        progress.set(if length.is_some() { at } else { count });
    }
    drop(progress);
    if line == 0 {
        return Err(ImportError::Format(file).into());
    }
    let (word, summary) = if options.dry_run {
        ("Checked", format!("{} of {file}", count_of(count)))
    } else {
        (
            "Imported",
            format!("{} into {}", count_of(count), opened.name),
        )
    };
    context.ui.status(Verb::Done(word), &summary);
    Ok(())
}

fn count_of(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Where an export goes.
enum Out {
    File(String, BufWriter<File>),
    Stdout,
}

impl Out {
    /// A file is new, and its owner's alone.
    fn create(options: &ExportOptions) -> Result<Self, ImportError> {
        let Some(path) = &options.file else {
            return Ok(Self::Stdout);
        };
        let mut open = OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let file = path.display().to_string();
        match open.open(path) {
            Ok(out) => Ok(Self::File(file, BufWriter::new(out))),
            Err(source) => Err(ImportError::File { file, source }),
        }
    }

    fn line(&mut self, record: &Value, context: &Context) -> Result<(), ImportError> {
        match self {
            Self::Stdout => {
                context.ui.data(&record.to_string());
                Ok(())
            }
            Self::File(file, out) => {
                writeln!(out, "{record}").map_err(|source| ImportError::File {
                    file: file.clone(),
                    source,
                })
            }
        }
    }

    /// What was written is on the disk.
    fn finish(self) -> Result<(), ImportError> {
        let Self::File(file, out) = self else {
            return Ok(());
        };
        let written = out.into_inner().map_err(io::IntoInnerError::into_error);
        let synced = written.and_then(|out| out.sync_all());
        synced.map_err(|source| ImportError::File { file, source })
    }
}

/// The first line names it.
const FORMAT: &str = "connect-tenants/1";

/// Longest record.
const LONGEST: u64 = 1 << 20;
