//! How a session stops: nothing new begins, what is in flight is waited for, apps are removed.

use std::time::Duration;

use connect_core::AppKey;

use crate::dev::event::{Effect, Ending, HostId, Notice};
use crate::dev::session::host::Flight;
use crate::dev::session::{Session, Until};
use crate::error::CliError;

/// How long leaving may take, besides stopping the app.
pub(crate) const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// A session that is stopping.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) app_stopping: bool,
    /// Why, unless the user wants it.
    pub(super) cause: Option<CliError>,
    /// The user wants it.
    pub(super) interrupted: bool,
}

/// Why a session stops.
pub(super) enum Why {
    Failed(CliError),
    Finished,
    Interrupt,
}

impl Session {
    /// Something failed that a session survives, unless it is to end with the first failure.
    pub(super) fn problem(&mut self, error: CliError, effects: &mut Vec<Effect>) {
        if self.until == Until::Ready && self.stop.is_none() {
            self.begin_stop(Why::Failed(error), effects);
        } else {
            effects.push(Effect::Say(Notice::Problem(error)));
        }
    }

    pub(super) fn begin_stop(&mut self, why: Why, effects: &mut Vec<Effect>) {
        if self.stop.is_some() {
            return;
        }
        let interrupted = matches!(why, Why::Interrupt);
        self.stop = Some(Stop {
            app_stopping: false,
            interrupted,
            cause: match why {
                Why::Failed(error) => Some(error),
                Why::Finished | Why::Interrupt => None,
            },
        });
        for (index, host) in self.hosts.iter_mut().enumerate() {
            host.stuck.clear();
            if !self.keep && (host.flight.is_some() || !host.present.is_empty()) {
                effects.push(Effect::Say(Notice::Deregistering(HostId(index))));
            }
        }
        effects.push(Effect::StartDeadline(LEAVE_WITHIN));
    }

    pub(super) fn go_on_stopping(&mut self, effects: &mut Vec<Effect>) {
        let mut busy = false;
        for (index, host) in self.hosts.iter_mut().enumerate() {
            let next = host.present.difference(&host.stuck).next().cloned();
            if host.flight.is_none()
                && !self.keep
                && let Some(key) = next
            {
                host.flight = Some(Flight::Deregister);
                effects.push(Effect::Deregister(HostId(index), key));
            }
            busy |= host.flight.is_some();
        }
        if let Some(stop) = &mut self.stop
            && !busy
            && !stop.app_stopping
        {
            stop.app_stopping = true;
            effects.push(Effect::StopApp);
        }
    }

    pub(super) fn left(&self) -> Vec<(HostId, AppKey)> {
        let hosts = self.hosts.iter().enumerate();
        hosts
            .flat_map(|(index, host)| {
                let keys = host.present.iter().cloned();
                keys.map(move |key| (HostId(index), key))
            })
            .collect()
    }

    pub(super) fn end(&self, cause: Option<CliError>) -> Vec<Effect> {
        let left = self.left();
        let ending = match cause {
            _ if !left.is_empty() && !self.keep => Ending::LeftBehind(left),
            Some(error) => Ending::Failed(error),
            None => Ending::Clean,
        };
        let kept = self.left().into_iter().filter(|_| self.keep);
        kept.map(|(host, key)| Effect::Say(Notice::Kept(host, key)))
            .chain([Effect::End(ending)])
            .collect()
    }
}
