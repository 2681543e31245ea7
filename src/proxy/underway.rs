//! Requests under way, by the port they went to: a process that is exchanged ends after them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;

/// Longest wait for requests to a process that was exchanged.
const PATIENCE: Duration = Duration::from_secs(3);

/// Counts requests. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Underway(watch::Sender<BTreeMap<u16, usize>>);

/// One request; counted until it is dropped.
pub(super) struct Request {
    all: Underway,
    port: u16,
}

impl Underway {
    /// Counts a request to that port.
    pub(super) fn enter(&self, port: u16) -> Request {
        self.0
            .send_modify(|counts| *counts.entry(port).or_default() += 1);
        Request {
            all: self.clone(),
            port,
        }
    }

    /// Waits until no request to that port is under way, but not for ever.
    pub(crate) async fn ended(&self, port: u16) {
        let mut counts = self.0.subscribe();
        let none = counts.wait_for(|counts| !counts.contains_key(&port));
        // A request that takes longer is cut off.
        let _ = tokio::time::timeout(PATIENCE, none).await;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.all.0.send_modify(|counts| {
            if let Some(count) = counts.get_mut(&self.port) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&self.port);
                }
            }
        });
    }
}
