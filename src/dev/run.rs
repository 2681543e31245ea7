//! The loop: the only `select!`, and the owner of every task of a session.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

#[cfg(all(debug_assertions, unix))]
use crate::dev::breaking;
use crate::dev::effects::{Reply, World, carry_out, note_possible};
use crate::dev::event::{Effect, Ending, Event};
use crate::dev::notices;
use crate::dev::session::Session;
use crate::dev::sources::signals;
use crate::error::CliError;
use crate::host::BoxFuture;
use crate::ui::Verbosity;

/// Runs a session to its end. When this returns, no task of it is left.
///
/// `sources` run until then and send their events to the other end of `events`.
pub(crate) async fn run(
    world: &Arc<World>,
    mut session: Session,
    mut events: mpsc::Receiver<Event>,
    sources: Vec<BoxFuture<'static, ()>>,
) -> Ending {
    let mut tasks: JoinSet<Reply> = JoinSet::new();
    for source in sources {
        tasks.spawn(async move {
            source.await;
            Reply::default()
        });
    }
    let mut next = Some(Event::Started);
    let ending = loop {
        #[cfg(all(debug_assertions, unix))]
        breaking::panic_if_ordered();
        if let Some(event) = next.take()
            && let Some(ending) = step(world, &mut session, &mut tasks, event)
        {
            break ending;
        }
        next = tokio::select! {
            Some(event) = events.recv() => Some(event),
            Some(done) = tasks.join_next() => match done {
                Ok(reply) => {
                    for work in reply.follow {
                        tasks.spawn(work);
                    }
                    reply.event
                }
                // A task that panicked cannot be waited for.
                Err(error) => {
                    let error = CliError::bug("a part of the session broke off").cause(error);
                    Some(Event::Broke(error))
                }
            },
        };
    };
    tasks.shutdown().await;
    if matches!(ending, Ending::LeftAtOnce(_) | Ending::LeftBehind(_)) {
        note_possible(world);
    }
    ending
}

/// Does some work until the user wants to leave.
///
/// # Errors
/// When signals cannot be handled.
pub(crate) async fn until_interrupt(work: BoxFuture<'static, ()>) -> Result<(), CliError> {
    let (events, mut interrupted) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    for source in signals::sources(&events)? {
        tasks.spawn(source);
    }
    tasks.spawn(work);
    interrupted.recv().await;
    tasks.shutdown().await;
    Ok(())
}

/// Shows an event or an effect with `-vv`.
fn detail(world: &World, arrow: &str, what: &impl Debug) {
    if world.ui.verbosity == Verbosity::Detailed {
        let text: String = format!("{what:?}").chars().take(LONGEST).collect();
        world.ui.detail(&format!("{arrow} {text}"));
    }
}

/// Longest text of an event or an effect that is shown, in characters.
const LONGEST: usize = 200;

fn step(
    world: &Arc<World>,
    session: &mut Session,
    tasks: &mut JoinSet<Reply>,
    event: Event,
) -> Option<Ending> {
    let mut ending = None;
    detail(world, "<-", &event);
    for effect in session.on(event) {
        // What is said shows by itself.
        if !matches!(effect, Effect::Say(_)) {
            detail(world, "->", &effect);
        }
        match effect {
            Effect::End(how) => ending = Some(how),
            Effect::Say(notice) => notices::tell(world, &notice),
            effect => {
                if matches!(effect, Effect::StartDeadline(_)) {
                    world.leaving.store(true, Ordering::Relaxed);
                }
                tasks.spawn(carry_out(Arc::clone(world), effect));
            }
        }
    }
    ending
}
