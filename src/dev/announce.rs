//! Tells scripts that the app can be opened: a file that appears, a command that is run.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::json;

use crate::dev::effects::{World, lock};
use crate::dev::event::{HostId, Shown};
use crate::dev::notices::{also, page_url};
use crate::dev::reaper::Watched;
use crate::error::CliError;
use crate::process::{self, CommandLine, Output};

/// Who is told when the app can be opened.
#[derive(Debug, Default)]
pub(crate) struct Announcing {
    /// Written once, all at once; gone while the app cannot be opened.
    file: Option<PathBuf>,
    /// Run once, by the shell.
    command: Option<String>,
    /// While it runs.
    running: Mutex<Option<Watched>>,
}

impl Announcing {
    /// Removes a file that an earlier session left: it would say what is not true yet.
    ///
    /// # Errors
    /// When it is there and stays.
    pub(crate) fn new(file: Option<PathBuf>, command: Option<String>) -> Result<Self, CliError> {
        if let Some(file) = &file {
            remove(file).map_err(|error| CliError::ready_file(file, &error))?;
        }
        Ok(Self {
            file,
            command,
            running: Mutex::default(),
        })
    }

    /// Whether there is anybody to tell.
    pub(crate) fn is_wanted(&self) -> bool {
        self.file.is_some() || self.command.is_some()
    }

    /// Ends the command and takes the file away.
    pub(crate) async fn end(&self) {
        let running = lock(&self.running).take();
        if let Some(running) = running {
            running.end().await;
        }
        if let Some(file) = &self.file {
            // It was ours to remove; if somebody else did, so much the better.
            let _ = remove(file);
        }
    }
}

/// Tells them, and waits for the end of the command.
pub(crate) async fn announce(
    world: &World,
    hosts: &[HostId],
    shown: &[Shown],
) -> Result<(), CliError> {
    let [first, others @ ..] = shown else {
        return Ok(());
    };
    let url = page_url(world, first);
    if let Some(file) = &world.announcing.file {
        let sites = hosts.iter().map(|host| world.host(*host));
        let hosts: Vec<_> = sites.map(|entry| entry.host.site().to_string()).collect();
        let mut text = json!({
            "version": 1, "url": url, "app": world.address.get().as_str(),
            "key": first.descriptor.key.as_str(), "hosts": hosts, "pid": std::process::id(),
        });
        also(world, others, &mut text);
        write(file, &format!("{text:#}\n")).map_err(|error| CliError::ready_file(file, &error))?;
    }
    match &world.announcing.command {
        Some(command) => run(world, command, url).await,
        None => Ok(()),
    }
}

async fn run(world: &World, command: &str, url: String) -> Result<(), CliError> {
    let (program, arguments) = process::shell(command);
    let address = world.address.get().to_string();
    let mut variables = world.for_children.clone();
    variables.push((crate::env::CONNECT_READY_URL.to_owned(), url));
    variables.push((crate::env::CONNECT_APP_URL.to_owned(), address));
    let started = process::start(
        &CommandLine {
            program,
            arguments,
            folder: world.folder.clone(),
            variables,
            without: Vec::new(),
        },
        Output::ToStderr,
    )
    .map_err(|error| CliError::on_ready_not_started(&error))?;
    let mut waiter = started.waiter;
    *lock(&world.announcing.running) = Some(Watched::new(started.group, &world.reaper));
    let status = waiter.wait().await;
    lock(&world.announcing.running).take();
    if status.success() {
        return Ok(());
    }
    Err(CliError::on_ready_failed(&status.to_string()))
}

/// Makes the file appear with all of its text.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = file.with_file_name(name);
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, file)
}

fn remove(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
