//! Keys that the user presses while a session goes on.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;

use crate::dev::event::{Event, Wish};
use crate::host::BoxFuture;
use crate::ui::{Keys, Ui};

/// Sources for the keys and for coming back from the background; none without a terminal.
pub(crate) fn sources(events: &Sender<Event>, ui: Ui) -> Vec<BoxFuture<'static, ()>> {
    let Some(keys) = ui.interactive.then(Keys::take).flatten() else {
        return Vec::new();
    };
    let keys = Arc::new(keys);
    let mut sources: Vec<BoxFuture<'static, ()>> = Vec::new();
    // SIGCONT: the shell has set its own mode meanwhile.
    if let Ok(mut back) = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw())) {
        let keys = Arc::clone(&keys);
        sources.push(Box::pin(async move {
            while back.recv().await.is_some() {
                keys.enter();
            }
        }));
    }
    let events = events.clone();
    sources.push(Box::pin(async move {
        // The list of what can be sent was asked for just now: only then a digit means something.
        let mut offered = false;
        while let Some(key) = keys.next().await {
            let was_offered = std::mem::replace(&mut offered, key == 't');
            let event = match key {
                '?' | 'h' => Event::HelpWanted,
                '1'..='9' if was_offered => Event::Wished(Wish::Shot(key as usize - '1' as usize)),
                'b' => Event::RebuildWanted,
                'i' => Event::Wished(Wish::Inspector),
                'l' => Event::Wished(Wish::License),
                'o' => Event::Wished(Wish::Page),
                'q' => Event::Interrupt,
                'r' => Event::ReinstallWanted,
                't' => Event::Wished(Wish::Shots),
                _ => continue,
            };
            if events.send(event).await.is_err() {
                return;
            }
        }
    }));
    sources
}
