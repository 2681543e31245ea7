//! What the app asks of the sandbox. It changes nothing in a session, so the user is told directly.

use connect_sandbox::{Sandbox, SandboxEvent};
use tokio::sync::broadcast::error::RecvError;

use crate::dev::notices;
use crate::host::BoxFuture;
use crate::ui::Ui;

/// Tells of the app's REST calls until the sandbox stops.
pub(crate) fn source(sandbox: &Sandbox, ui: Ui) -> BoxFuture<'static, ()> {
    let mut events = sandbox.subscribe();
    Box::pin(async move {
        loop {
            match events.recv().await {
                Ok(SandboxEvent::RestCall(call)) => notices::rest_call(&ui, &call),
                // Whoever falls behind misses some lines, nothing else.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    })
}
