//! What came to the app: kept, judged and shown.
//!
//! The proxy tells of each request. It is judged with the rules that the app's runtime has, but on
//! its own, so that it says why a token was refused whatever the app is written in. What is written
//! to the disk or shown has its secrets taken out; only the memory of the session keeps requests as
//! they came, for a replay.

mod api;
mod ask;
mod auth;
mod body;
pub(crate) mod fire;
mod judge;
mod replay;
mod ring;
mod server;
pub(crate) mod show;
mod sign;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use connect_core::redact::redact;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::proxy::{Raw, Served};
use crate::ui::{ms, timestamp};

pub(crate) use crate::inspect::api::Stage;
pub(crate) use crate::inspect::ask::{AskError, ask};
pub(crate) use crate::inspect::auth::{Auth, Verdict};
pub(crate) use crate::inspect::judge::{Judge, now};
pub(crate) use crate::inspect::ring::{Ring, read, read_one, write_private};
pub(crate) use crate::inspect::server::{Door, listen, serve};
pub(crate) use crate::inspect::sign::{Flaw, Order, TokenKind};

/// A request and its answer, without secrets: what is shown, and a line of the ring on the disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Its number in the session.
    pub(crate) id: u64,
    /// When it was answered: RFC 3339.
    pub(crate) at: String,
    /// Method.
    pub(crate) method: String,
    /// Path and query as they came.
    pub(crate) target: String,
    /// Status of the answer.
    pub(crate) status: u16,
    /// Milliseconds from the request's head to the answer's.
    pub(crate) ms: f64,
    /// What its token is worth.
    pub(crate) auth: Auth,
    /// Request line and header fields.
    pub(crate) head: String,
    /// The start of the body.
    pub(crate) body: String,
    /// How long the body was, in bytes.
    pub(crate) body_length: u64,
}

impl Entry {
    /// What may be shown of a request.
    pub(crate) fn new(served: &Served, auth: Auth) -> Self {
        let text = |bytes: &[u8]| redact(&String::from_utf8_lossy(bytes));
        Self {
            id: served.id,
            at: timestamp(SystemTime::now()),
            method: served.raw.method().to_owned(),
            target: redact(served.raw.target()),
            status: served.status,
            ms: ms(served.took),
            auth,
            head: text(&served.raw.head),
            body: text(&served.raw.body),
            body_length: served.raw.body_length,
        }
    }

    /// The path alone.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// Where the ring of a project is.
pub(crate) fn folder(project: &std::path::Path) -> PathBuf {
    project.join(".connect").join("requests")
}

/// Judges and keeps what the proxy tells of, one after the other, for as long as it is polled;
/// `told` hears of each.
pub(crate) async fn keep(
    mut served: mpsc::Receiver<Served>,
    judge: Arc<Judge>,
    ring: Arc<Ring>,
    told: impl Fn(&Entry) + Send,
) {
    while let Some(served) = served.recv().await {
        let auth = judge.judge(&served.raw, served.status).await;
        let entry = Entry::new(&served, auth);
        // Kept first: who hears of it may look it up.
        ring.push(entry.clone(), served.raw).await;
        told(&entry);
    }
}

/// A request of the session as it came.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// What may be shown of it.
    pub(crate) entry: Entry,
    /// Its bytes.
    pub(crate) raw: Raw,
}
