//! One host in the eyes of a session.

use std::collections::BTreeSet;

use connect_core::AppKey;

use crate::dev::event::{Effect, HostId, Wanted};

/// What is known of a host, and what is going on with it.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// What is going on; at most one thing at a time.
    pub(super) flight: Option<Flight>,
    /// Keys that may be installed there: a register was sent and no deregister confirmed.
    pub(super) present: BTreeSet<AppKey>,
    /// What the last successful register put there.
    pub(super) installed: Option<Wanted>,
    /// What failed last; not tried again before something changes.
    pub(super) failed: Option<Wanted>,
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

impl Host {
    /// Orders what is to be done there now, so that it ends up with what is wanted.
    pub(super) fn go_on(&mut self, id: HostId, wanted: &Wanted, effects: &mut Vec<Effect>) {
        if self.flight.is_some() {
            return;
        }
        let old = self.present.difference(&self.stuck);
        if let Some(old) = old.into_iter().find(|key| **key != wanted.key).cloned() {
            self.flight = Some(Flight::Deregister);
            effects.push(Effect::Deregister(id, old));
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
