//! One host in the eyes of a session.

use std::collections::BTreeSet;
use std::time::Duration;

use connect_core::AppKey;

use crate::dev::event::{Descriptor, Effect, HalfId, HostId, Wanted};

/// What is known of a host, and what is going on with it.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Which descriptor it is to have.
    pub(super) half: HalfId,
    /// What is going on; at most one thing at a time.
    pub(super) flight: Option<Flight>,
    /// Keys that may be installed there: a register was sent and no deregister confirmed.
    pub(super) present: BTreeSet<AppKey>,
    /// What the last successful register put there.
    pub(super) installed: Option<Wanted>,
    /// It is not named any more: nothing is to be there.
    pub(super) gone: bool,
    /// What failed last; not tried again before something changes.
    pub(super) failed: Option<Wanted>,
    /// How often it was tried again by itself since something changed.
    pub(super) retries: u32,
    /// A try by itself is due later; the number tells it from earlier ones.
    pub(super) retry: Option<u32>,
    /// The number of the next one.
    pub(super) number: u32,
    /// Keys whose deregister failed while stopping; not tried again.
    pub(super) stuck: BTreeSet<AppKey>,
}

/// An operation with a host that has not ended.
#[derive(Debug)]
pub(super) enum Flight {
    /// A deregister.
    Deregister,
    /// Whether the key may have been installed before this register.
    Register { known: bool },
}

/// Pauses before a register is tried again by itself, when the reason was outside.
const PAUSES: [u64; 5] = [2, 5, 15, 30, 60];

impl Host {
    /// One where nothing was done yet.
    pub(super) fn new(half: HalfId) -> Self {
        Self {
            half,
            ..Self::default()
        }
    }

    /// When to try again by itself after a failure that may pass; none after the last try.
    pub(super) fn plan_retry(&mut self, id: HostId, effects: &mut Vec<Effect>) -> Option<Duration> {
        let pause = usize::try_from(self.retries).ok()?;
        let after = Duration::from_secs(*PAUSES.get(pause)?);
        self.retries += 1;
        let number = self.number;
        self.number += 1;
        self.retry = Some(number);
        effects.push(Effect::RetryLater {
            host: id,
            number,
            after,
        });
        Some(after)
    }

    /// Something changed: what failed deserves another try at once.
    pub(super) fn forget_failures(&mut self) {
        self.failed = None;
        self.retries = 0;
        self.retry = None;
        self.stuck.clear();
    }

    /// Whether the app is there that a descriptor is of: its key may have changed since a register
    /// was sent.
    pub(super) fn has(&self, descriptor: &Descriptor) -> bool {
        let installed = self.installed.as_ref();
        installed.is_some_and(|installed| installed.key == descriptor.key)
    }

    /// Whether nothing is to be expected there any more.
    pub(super) fn is_settled(&self, wanted: &Wanted) -> bool {
        if self.gone {
            return true;
        }
        let (installed, failed) = (self.installed.as_ref(), self.failed.as_ref());
        let failed = failed == Some(wanted) && self.retry.is_none();
        self.flight.is_none() && (installed == Some(wanted) || failed)
    }

    /// Orders what is to be done there now, so that it ends up with what is wanted.
    pub(super) fn go_on(&mut self, id: HostId, wanted: &Wanted, effects: &mut Vec<Effect>) {
        if self.flight.is_some() {
            return;
        }
        let old = self.present.difference(&self.stuck);
        let is_old = |key: &&AppKey| self.gone || **key != wanted.key;
        if let Some(old) = old.into_iter().find(is_old).cloned() {
            self.flight = Some(Flight::Deregister);
            effects.push(Effect::Deregister(id, old));
            return;
        }
        if self.gone {
            return;
        }
        let settled = [&self.installed, &self.failed];
        if settled
            .iter()
            .any(|settled| settled.as_ref() == Some(wanted))
        {
            return;
        }
        let known = !self.present.insert(wanted.key.clone());
        self.flight = Some(Flight::Register { known });
        effects.push(Effect::Register(id, wanted.clone()));
    }
}
