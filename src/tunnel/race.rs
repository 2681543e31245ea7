//! Two waits, of which the first to end counts.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{self, Either};

/// What the first of two futures gives; the other one is dropped. On a tie it is the first named.
pub(super) async fn race<T>(a: impl Future<Output = T>, b: impl Future<Output = T>) -> T {
    match future::select(pin!(a), pin!(b)).await {
        Either::Left((value, _)) | Either::Right((value, _)) => value,
    }
}

/// Waits for a time that nothing else could be waited for in.
pub(super) async fn pause(time: Duration) {
    // A future that never ends, given up after the time.
    let _ = tokio::time::timeout(time, future::pending::<()>()).await;
}
