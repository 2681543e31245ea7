//! Who the sandbox is: what must survive a restart for apps and credentials to stay valid.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

use connect_core::{ClientKey, Product, Secret};
use serde::{Deserialize, Serialize};

use crate::{
    error::SandboxError,
    keys::{state_error, write_private_once},
    random,
};

/// The administrator's password, and how each site is known to apps.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) password: Secret,
    jira: ClientKey,
    confluence: ClientKey,
    cloud_id: String,
    /// The file it is in, locked: a state folder is one sandbox's at a time.
    lock: Option<File>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    password: String,
    jira_client_key: String,
    confluence_client_key: String,
    cloud_id: String,
}

impl Identity {
    /// Reads the identity of a state folder, making folder and identity when there is none.
    /// Without a folder it lasts as long as the process.
    pub(crate) fn load(state_dir: Option<&Path>) -> Result<Self, SandboxError> {
        let Some(dir) = state_dir else {
            return Self::try_from(Stored::new());
        };
        let file = dir.join("identity.json");
        match fs::read(&file) {
            Ok(text) => {
                let damaged = || state_error(&file, io::Error::from(io::ErrorKind::InvalidData));
                let stored: Stored = serde_json::from_slice(&text).map_err(|_| damaged())?;
                let identity = Self::try_from(stored).map_err(|_| damaged())?;
                identity.locked(&file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(dir).map_err(|source| state_error(dir, source))?;
                let stored = Stored::new();
                let text = serde_json::to_vec_pretty(&stored).map_err(io::Error::from);
                let written = text.and_then(|text| write_private_once(&file, &text));
                written.map_err(|source| state_error(&file, source))?;
                // Another sandbox may have been quicker: what is there is the folder's.
                Self::load(state_dir)
            }
            Err(source) => Err(state_error(&file, source)),
        }
    }

    /// Keeps other sandboxes out of the folder for as long as this lives.
    fn locked(mut self, file: &Path) -> Result<Self, SandboxError> {
        let open = File::open(file).map_err(|source| state_error(file, source))?;
        match open.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SandboxError::StateInUse {
                    path: file.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(state_error(file, source)),
        }
        self.lock = Some(open);
        Ok(self)
    }

    /// How apps know the site of that product, of the first customer or of one with a name.
    pub(crate) fn client_key(&self, product: Product, name: Option<&str>) -> ClientKey {
        let first = match product {
            Product::Confluence => &self.confluence,
            Product::Bitbucket | Product::Jira => &self.jira,
        };
        match name {
            None => first.clone(),
            Some(name) => ClientKey::parse(&random::uuid_of(first.as_str(), name))
                .expect("a UUID is a client key"),
        }
    }

    /// The customer's id, of the first or of one with a name.
    pub(crate) fn cloud_id(&self, name: Option<&str>) -> String {
        name.map_or_else(
            || self.cloud_id.clone(),
            |name| random::uuid_of(&self.cloud_id, name),
        )
    }
}

impl Stored {
    fn new() -> Self {
        Self {
            password: random::secret().expose().to_owned(),
            jira_client_key: random::uuid(),
            confluence_client_key: random::uuid(),
            cloud_id: random::uuid(),
        }
    }
}

impl TryFrom<Stored> for Identity {
    type Error = SandboxError;

    fn try_from(stored: Stored) -> Result<Self, SandboxError> {
        let key = |text: &str| {
            ClientKey::parse(text).map_err(|_| SandboxError::Key {
                problem: "a client key of the state folder is malformed",
            })
        };
        Ok(Self {
            jira: key(&stored.jira_client_key)?,
            confluence: key(&stored.confluence_client_key)?,
            password: Secret::new(stored.password),
            cloud_id: stored.cloud_id,
            lock: None,
        })
    }
}
