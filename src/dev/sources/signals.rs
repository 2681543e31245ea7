//! The user wants to leave: Ctrl-C, SIGTERM, a closed terminal.

use tokio::sync::mpsc::Sender;

use crate::dev::event::Event;
use crate::error::CliError;
use crate::host::BoxFuture;
use crate::ui;

/// One source per signal. From this call on, none of them ends the process by itself, so no reader
/// who stops reading keeps us from hearing them either.
///
/// # Errors
/// When the system does not let us handle signals, or gives no threads.
#[cfg(unix)]
pub(crate) fn sources(events: &Sender<Event>) -> Result<Vec<BoxFuture<'static, ()>>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    ui::attend()?;
    let kinds = [
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::terminate(),
    ];
    let mut sources: Vec<BoxFuture<'static, ()>> = Vec::new();
    for kind in kinds {
        let mut signal = signal(kind).map_err(|error| {
            CliError::outside("dev/signals", "signals cannot be handled").cause(error)
        })?;
        let events = events.clone();
        sources.push(Box::pin(async move {
            while signal.recv().await.is_some() {
                if events.send(Event::Interrupt).await.is_err() {
                    return;
                }
            }
        }));
    }
    Ok(sources)
}

/// One source per signal.
///
/// # Errors
/// When the system gives no threads.
#[cfg(not(unix))]
pub(crate) fn sources(events: &Sender<Event>) -> Result<Vec<BoxFuture<'static, ()>>, CliError> {
    ui::attend()?;
    let events = events.clone();
    Ok(vec![Box::pin(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if events.send(Event::Interrupt).await.is_err() {
                return;
            }
        }
    })])
}

/// Ready when the user interrupts. From this call on, an interrupt no longer ends the process by
/// itself, also where whoever started us had it ignored, and no reader keeps us from hearing it.
///
/// # Errors
/// When the system does not let us handle signals, or gives no threads.
#[cfg(unix)]
pub(crate) fn interrupted() -> Result<BoxFuture<'static, ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};

    ui::attend()?;
    let mut signal = signal(SignalKind::interrupt()).map_err(|error| {
        CliError::outside("dev/signals", "signals cannot be handled").cause(error)
    })?;
    Ok(Box::pin(async move {
        signal.recv().await;
    }))
}

/// Ready when the user interrupts.
///
/// # Errors
/// When the system gives no threads.
#[cfg(not(unix))]
pub(crate) fn interrupted() -> Result<BoxFuture<'static, ()>, CliError> {
    ui::attend()?;
    Ok(Box::pin(async {
        let _ = tokio::signal::ctrl_c().await;
    }))
}
