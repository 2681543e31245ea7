//! The host's own RSA key, which signs installs.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use connect_core::{Kid, keys::RsaSigningKey};
use ring::digest;
use rsa::{RsaPrivateKey, pkcs8::EncodePrivateKey};
use tokio::sync::OnceCell;

use crate::{error::SandboxError, random, state::lock};

/// A signing key, its public half and its name.
#[derive(Debug)]
pub(crate) struct HostKey {
    pub(crate) signing: RsaSigningKey,
    pub(crate) public_pem: String,
    pub(crate) kid: Kid,
}

/// Where the key comes from. Making one takes up to a second, so it happens in the background and
/// whoever needs the key waits for it.
#[derive(Debug)]
pub(crate) struct KeySource {
    file: Option<PathBuf>,
    key: OnceCell<Arc<HostKey>>,
    /// What else the key server answers, by key id, and whether it was asked for.
    served: Mutex<HashMap<String, (ServedKey, bool)>>,
}

/// An answer of the key server that an audit wants to have given.
#[derive(Clone, Debug)]
pub(crate) struct ServedKey {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// How long it takes.
    pub(crate) after: Duration,
}

impl ServedKey {
    pub(crate) fn ok(text: &str) -> Self {
        Self::with_status(200, text)
    }

    pub(crate) fn with_status(status: u16, text: &str) -> Self {
        Self {
            status,
            text: text.to_owned(),
            after: Duration::ZERO,
        }
    }

    /// No answer for so long, and then none that helps.
    pub(crate) fn silent(after: Duration) -> Self {
        Self {
            after,
            ..Self::with_status(503, "")
        }
    }
}

impl KeySource {
    /// A key kept in the state folder, or one for this process when there is none.
    pub(crate) fn new(state_dir: Option<&Path>) -> Self {
        Self {
            file: state_dir.map(|dir| dir.join("host-key.pk8")),
            key: OnceCell::new(),
            served: Mutex::default(),
        }
    }

    /// Has the key server answer this at a key id of its own, until [`Self::forget_served`].
    pub(crate) fn serve(&self, kid: &str, served: ServedKey) {
        lock(&self.served).insert(kid.to_owned(), (served, false));
    }

    /// What is to be answered at a key id, if that was said.
    pub(crate) fn served(&self, kid: &str) -> Option<ServedKey> {
        let mut served = lock(&self.served);
        let (answer, asked) = served.get_mut(kid)?;
        *asked = true;
        Some(answer.clone())
    }

    pub(crate) fn was_asked(&self, kid: &str) -> bool {
        lock(&self.served).get(kid).is_some_and(|(_, asked)| *asked)
    }

    pub(crate) fn forget_served(&self) {
        lock(&self.served).clear();
    }

    pub(crate) async fn key(&self) -> Result<Arc<HostKey>, SandboxError> {
        let key = match &self.file {
            None => PROCESS_KEY.get_or_try_init(|| make(None)).await,
            Some(file) => self.key.get_or_try_init(|| make(Some(file.clone()))).await,
        };
        key.cloned()
    }
}

impl HostKey {
    fn from_pkcs8(der: &[u8]) -> Result<Self, SandboxError> {
        let problem = |problem| SandboxError::Key { problem };
        let signing = RsaSigningKey::from_pkcs8(der).map_err(|_| problem("not an RSA key"))?;
        let public_pem = signing.public_pem();
        let hash = digest::digest(&digest::SHA256, public_pem.as_bytes());
        // Path-like, as Atlassian's key ids are since November 2024.
        let kid = format!("sandbox/{}", random::hex(&hash.as_ref()[..16]));
        Ok(Self {
            signing,
            public_pem,
            kid: Kid::parse(&kid).map_err(|_| problem("its id is not a path"))?,
        })
    }
}

async fn make(file: Option<PathBuf>) -> Result<Arc<HostKey>, SandboxError> {
    let made = tokio::task::spawn_blocking(move || load_or_generate(file.as_deref()));
    let made = made.await.map_err(|_| SandboxError::Key {
        problem: "interrupted",
    })?;
    made.map(Arc::new)
}

fn load_or_generate(file: Option<&Path>) -> Result<HostKey, SandboxError> {
    if let Some(file) = file {
        match fs::read(file) {
            Ok(der) => return HostKey::from_pkcs8(&der),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(state_error(file, source)),
        }
    }
    let problem = |problem| SandboxError::Key { problem };
    // `rsa` only makes the key; signing is done by `ring`, which takes constant time.
    let key = RsaPrivateKey::new(&mut random::System, 2048);
    let key = key.map_err(|_| problem("no primes were found"))?;
    let der = key.to_pkcs8_der().map_err(|_| problem("no encoding"))?;
    match file.map(|file| (file, write_private_once(file, der.as_bytes()))) {
        None | Some((_, Ok(true))) => HostKey::from_pkcs8(der.as_bytes()),
        // Another sandbox was quicker: its key is the folder's.
        Some((file, Ok(false))) => {
            let der = fs::read(file).map_err(|source| state_error(file, source))?;
            HostKey::from_pkcs8(&der)
        }
        Some((file, Err(source))) => Err(state_error(file, source)),
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(file: &Path, contents: &[u8]) -> io::Result<()> {
    with_draft(file, contents, |draft| fs::rename(draft, file))
}

/// The same for a file that is not there yet; false when it is, and then it stays as it is.
pub(crate) fn write_private_once(file: &Path, contents: &[u8]) -> io::Result<bool> {
    with_draft(file, contents, |draft| {
        let linked = fs::hard_link(draft, file);
        // Gone already is as good.
        let _ = fs::remove_file(draft);
        match linked {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    })
}

/// Writes beside the file, and has `publish` give it its name.
fn with_draft<T>(
    file: &Path,
    contents: &[u8],
    publish: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    use io::Write;
    let draft = file.with_extension(format!("tmp-{}", random::token()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&draft)
        .and_then(|mut open| open.write_all(contents).and_then(|()| open.sync_all()))
        .and_then(|()| publish(&draft));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

pub(crate) fn state_error(path: &Path, source: io::Error) -> SandboxError {
    SandboxError::State {
        path: path.to_owned(),
        source,
    }
}

/// Shared by every sandbox of a process that keeps no state: tests start dozens.
static PROCESS_KEY: OnceCell<Arc<HostKey>> = OnceCell::const_new();
