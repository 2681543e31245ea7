//! What a site knows, in a file of the state folder: read at the start, written soon after each
//! change.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use connect_core::{AccountId, AppKey, Product, Secret, keys::HmacKey};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{
    data::Data,
    descriptor::Descriptor,
    error::SandboxError,
    keys::{state_error, write_private},
    rest::Kept,
    state::{App, License, Shared, Site, lock},
};

/// Knows where a site is kept, and hears of its changes.
#[derive(Debug, Default)]
pub(crate) struct Saver {
    file: Option<PathBuf>,
    changed: Notify,
    /// The file is older than what is known.
    stale: AtomicBool,
}

/// A site in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) data: Data,
    /// By key of the app.
    pub(crate) kept: BTreeMap<String, Kept>,
    apps: Vec<StoredApp>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredApp {
    descriptor: String,
    account_id: String,
    enabled: bool,
    licensed: bool,
    oauth_client_id: String,
    shared_secret: String,
}

impl Saver {
    /// Without a folder nothing is kept.
    pub(crate) fn new(dir: Option<&Path>, name: Option<&str>, product: Product) -> Self {
        let file = match name {
            None => format!("{}.json", product.as_str()),
            Some(name) => format!("{name}.{}.json", product.as_str()),
        };
        Self {
            file: dir.map(|dir| dir.join(file)),
            changed: Notify::new(),
            stale: AtomicBool::new(false),
        }
    }

    /// The folder with the contents of files, each named after its ticket, which no other ever has.
    fn files(&self) -> Option<PathBuf> {
        Some(self.file.as_ref()?.with_extension("files"))
    }

    /// The content of a file that was there when the sandbox started.
    pub(crate) async fn content(&self, ticket: &str) -> Option<Bytes> {
        let file = self.files()?.join(ticket);
        Some(tokio::fs::read(file).await.ok()?.into())
    }

    /// Something is different from what the file says.
    pub(crate) fn changed(&self) {
        self.stale.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// What was kept; nothing when nothing was.
    pub(crate) fn load(&self) -> Result<Option<Stored>, SandboxError> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(state_error(file, source)),
        };
        match serde_json::from_slice::<Stored>(&text) {
            Ok(mut stored) => {
                stored.data.index();
                Ok(Some(stored))
            }
            Err(error) => {
                let damaged = io::Error::new(io::ErrorKind::InvalidData, error);
                Err(state_error(file, damaged))
            }
        }
    }
}

impl Stored {
    /// The apps that were installed; one whose descriptor is taken no more is left out.
    pub(crate) fn apps(&self, product: Product) -> Vec<App> {
        let app = |stored: &StoredApp| {
            let secret = Secret::new(stored.shared_secret.as_str());
            Some(App {
                descriptor: Arc::new(
                    Descriptor::parse(stored.descriptor.as_bytes(), product).ok()?,
                ),
                source: stored.descriptor.as_str().into(),
                account_id: AccountId::parse(&stored.account_id).ok()?,
                enabled: stored.enabled,
                license: match stored.licensed {
                    true => License::Active,
                    false => License::None,
                },
                oauth_client_id: stored.oauth_client_id.clone(),
                hmac: HmacKey::new(&secret).ok()?,
                secret,
            })
        };
        self.apps.iter().filter_map(app).collect()
    }
}

/// Writes a site whenever it changed, until the sandbox closes.
pub(crate) async fn run(shared: Arc<Shared>, site: Arc<Site>) {
    let closing = &shared.tasks.closing;
    while let Some(()) = closing
        .run_until_cancelled(site.saver.changed.notified())
        .await
    {
        save(&site).await;
    }
}

/// Writes a site if it has changed since it was written.
pub(crate) async fn save(site: &Arc<Site>) {
    let Some(file) = site.saver.file.clone() else {
        return;
    };
    // What changes while it is written is written in the next round.
    if !site.saver.stale.swap(false, Ordering::AcqRel) {
        return;
    }
    let site = site.clone();
    let written = tokio::task::spawn_blocking(move || write(&site, &file)).await;
    if let Ok(Err(error)) = written {
        tracing::error!(%error, "the sandbox cannot keep its state");
    }
}

fn write(site: &Site, file: &Path) -> io::Result<()> {
    let apps = site.apps();
    let apps: Vec<StoredApp> = apps.iter().map(|app| StoredApp::of(app)).collect();
    let (text, files) = {
        let data = lock(&site.data);
        let files: HashMap<String, Option<Bytes>> = data
            .files()
            .map(|file| (file.ticket.clone(), file.content.clone()))
            .collect();
        let kept = lock(&site.kept);
        let kept: BTreeMap<&str, &Kept> = kept
            .iter()
            .map(|(key, kept)| (AppKey::as_str(key), kept))
            .collect();
        let stored = serde_json::json!({ "data": &*data, "kept": kept, "apps": apps });
        (serde_json::to_vec(&stored)?, files)
    };
    // What the text names is there before it, and goes after it.
    let folder = site.saver.files();
    if let Some(folder) = &folder {
        add_contents(folder, &files)?;
    }
    write_private(file, &text)?;
    folder.map_or(Ok(()), |folder| drop_contents(&folder, &files))
}

/// Writes the contents that are not on disk yet.
fn add_contents(folder: &Path, files: &HashMap<String, Option<Bytes>>) -> io::Result<()> {
    for (name, content) in files {
        let file = folder.join(name);
        if let Some(content) = content
            && !file.exists()
        {
            fs::create_dir_all(folder)?;
            write_private(&file, content)?;
        }
    }
    Ok(())
}

/// Removes those of files that are gone.
fn drop_contents(folder: &Path, files: &HashMap<String, Option<Bytes>>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_none_or(|name| !files.contains_key(name)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl StoredApp {
    fn of(app: &App) -> Self {
        Self {
            descriptor: app.source.to_string(),
            account_id: app.account_id.as_str().to_owned(),
            enabled: app.enabled,
            licensed: app.license == License::Active,
            oauth_client_id: app.oauth_client_id.clone(),
            shared_secret: app.secret.expose().to_owned(),
        }
    }
}
