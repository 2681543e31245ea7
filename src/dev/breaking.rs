//! Breaks a session on order, so that tests can see what a panic leaves behind. Released programs
//! do not have it.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use crate::context::Env;
use crate::env::CONNECT_BREAK;
use crate::host::BoxFuture;

static LOOP: AtomicBool = AtomicBool::new(false);

/// Waits for SIGUSR1, if [`CONNECT_BREAK`] is set, and panics, or has the loop do so.
pub(crate) fn source(env: &Env) -> Option<BoxFuture<'static, ()>> {
    let what = env.text(CONNECT_BREAK)?.to_owned();
    let mut order = signal(SignalKind::user_defined1()).ok()?;
    Some(Box::pin(async move {
        order.recv().await;
        assert!(what == "the loop", "ordered by a test: a task");
        LOOP.store(true, Ordering::Relaxed);
    }))
}

/// Panics if the loop is to.
pub(crate) fn panic_if_ordered() {
    assert!(!LOOP.load(Ordering::Relaxed), "ordered by a test: the loop");
}
