//! The owner of every task of a sandbox.

use std::time::Duration;

use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// Starts tasks, and ends them all.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    /// No new work.
    pub(crate) closing: CancellationToken,
    /// No work at all.
    abort: CancellationToken,
}

impl Tasks {
    /// Starts a task that ends when it is done, or when the sandbox is.
    pub(crate) fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let abort = self.abort.clone();
        self.tracker.spawn(async move {
            abort.run_until_cancelled(work).await;
        });
    }

    /// Ends everything when dropped, for sandboxes that are not shut down.
    pub(crate) fn guard(&self) -> (DropGuard, DropGuard) {
        (
            self.closing.clone().drop_guard(),
            self.abort.clone().drop_guard(),
        )
    }

    /// Lets work under way finish for so long, then cuts it off. Returns when nothing runs.
    pub(crate) async fn end(&self, patience: Duration) {
        self.closing.cancel();
        self.tracker.close();
        if tokio::time::timeout(patience, self.tracker.wait())
            .await
            .is_err()
        {
            self.abort.cancel();
            self.tracker.wait().await;
        }
    }
}
