//! Keys that the descriptors of a session have had.
//!
//! A host may read a descriptor that was saved and replaced before we looked, and what it installs
//! then must be known to whoever cleans up.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use connect_core::AppKey;
use connect_validator::{Options, descriptor_facts};

use crate::dev::effects::lock;
use crate::dev::event::HalfId;
use crate::dev::reaper::Reaper;
use crate::error::CliError;
use crate::project::{DESCRIPTOR, Half, read_text};
use crate::proxy::Described;

/// The keys of each descriptor, which the reaper hears of too.
#[derive(Debug)]
pub(crate) struct Keys {
    halves: Vec<Half>,
    reaper: Arc<Reaper>,
    /// At the index of the descriptor's id.
    seen: Mutex<Vec<BTreeSet<AppKey>>>,
}

impl Keys {
    /// None was seen yet.
    pub(crate) fn new(halves: &[Half], reaper: &Arc<Reaper>) -> Self {
        Self {
            halves: halves.to_vec(),
            reaper: Arc::clone(reaper),
            seen: Mutex::new(vec![BTreeSet::new(); halves.len()]),
        }
    }

    /// A descriptor has this key.
    pub(crate) fn note(&self, half: HalfId, key: &AppKey) {
        if lock(&self.seen)[half.0].insert(key.clone()) {
            self.reaper.key(half, key);
        }
    }

    /// Those that a descriptor has had.
    pub(crate) fn of(&self, half: HalfId) -> BTreeSet<AppKey> {
        lock(&self.seen)[half.0].clone()
    }

    /// Notes the keys of the descriptors that the app serves.
    pub(crate) fn of_served(self: &Arc<Self>) -> Described {
        let keys = Arc::clone(self);
        Arc::new(move |path, bytes| {
            // What is no descriptor installs nothing.
            if let Ok(text) = std::str::from_utf8(bytes)
                && let Ok(facts) = descriptor_facts(text, &Options::default())
                && let Ok(key) = AppKey::parse(&facts.key)
            {
                keys.note(served_at(&keys.halves, path), &key);
            }
        })
    }
}

/// Key of an app of a folder, as its descriptor has it.
///
/// # Errors
/// When there is no descriptor, or none with a key.
pub(crate) fn key_on_disk(folder: &Path, half: &Half) -> Result<AppKey, CliError> {
    let source = read_text(&folder.join(half.file))?;
    let facts = descriptor_facts(&source, &Options::default());
    let key = facts.map(|facts| facts.key).unwrap_or_default();
    AppKey::parse(&key)
        .map_err(|error| CliError::user("descriptor/key", "`key` is no app key").cause(error))
}

/// The descriptor that is served at a path.
fn served_at(halves: &[Half], path: &str) -> HalfId {
    let folder = path.strip_suffix(DESCRIPTOR).unwrap_or(path);
    let folder = folder.trim_end_matches('/');
    let is_there = |half: &Half| folder.ends_with(half.below);
    // The first one is at the server's own address, behind which the other is.
    HalfId(halves.iter().rposition(is_there).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{HALVES, WHOLE};

    #[test]
    fn the_path_of_a_descriptor_says_which_it_is() {
        for (path, expected) in [
            ("/atlassian-connect.json", 0),
            ("/confluence/atlassian-connect.json", 1),
            ("/base/confluence/atlassian-connect.json", 1),
            ("/confluence/v2/atlassian-connect.json", 0),
        ] {
            assert_eq!(served_at(&HALVES, path), HalfId(expected), "{path}");
            assert_eq!(served_at(&[WHOLE], path), HalfId(0), "{path}");
        }
    }
}
