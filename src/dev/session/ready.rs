//! When the app can be opened, and who is told.

use crate::dev::event::{Descriptor, Effect, HalfId, HostId, Notice, Shown, Wanted, Wish};
use crate::dev::session::host::Host;
use crate::dev::session::stop::Why;
use crate::dev::session::{Session, Until};
use crate::error::CliError;

/// How far telling is that the app can be opened.
#[derive(Debug, PartialEq)]
pub(super) enum Announcement {
    /// It is to be told once all hosts are settled.
    Open,
    /// It is being told.
    Running,
    /// It was told, or there is nobody to tell.
    Over,
}

impl Session {
    /// Says that the app can be opened, once: when a host has it and every descriptor was tried.
    pub(super) fn say_ready_if_due(&mut self, effects: &mut Vec<Effect>) {
        if self.ready || self.stop.is_some() || self.hosts.is_empty() {
            return;
        }
        let shown = self.shown(Host::has);
        let is_there = shown.iter().any(|shown| shown.host.is_some());
        if is_there && (0..self.halves.len()).all(|index| self.was_tried(HalfId(index))) {
            self.say_ready(shown, effects);
        }
    }

    pub(super) fn say_ready(&mut self, shown: Vec<Shown>, effects: &mut Vec<Effect>) {
        if !self.ready && !shown.is_empty() {
            self.ready = true;
            effects.push(Effect::Say(Notice::Ready(shown)));
        }
    }

    /// Whether a host has a descriptor, or all that are to have it failed to get it.
    fn was_tried(&self, id: HalfId) -> bool {
        let state = &self.halves[id.0];
        let Some(good) = &state.good else {
            return state.broken && !state.reading;
        };
        let mut hosts = self
            .hosts
            .iter()
            .filter(|host| host.half == id && !host.gone);
        hosts.clone().any(|host| host.has(good)) || hosts.all(|host| host.failed.is_some())
    }

    /// Grants a wish, for the app on the first host that has it.
    pub(super) fn wished(&mut self, wish: Wish, effects: &mut Vec<Effect>) {
        if !self.ready || self.stop.is_some() {
            return;
        }
        let shown = self.shown(|host, _| host.installed.is_some());
        if !shown.is_empty() && self.granting.insert(wish) {
            effects.push(Effect::Grant(wish, shown));
        }
    }

    /// Where to look at the app: for each descriptor the first host that has it, as `has_it` sees
    /// it. Where none has any, it is the app itself.
    pub(super) fn shown(&self, has_it: impl Fn(&Host, &Descriptor) -> bool) -> Vec<Shown> {
        let good = self.halves.iter().enumerate();
        let good = good.filter_map(|(index, state)| Some((HalfId(index), state.good.as_ref()?)));
        let on_hosts = good.clone().filter_map(|(half, good)| {
            let is_it = |host: &Host| host.half == half && has_it(host, good);
            let host = self.hosts.iter().position(is_it)?;
            Some(Shown {
                host: Some(HostId(host)),
                descriptor: good.clone(),
            })
        });
        let shown: Vec<_> = on_hosts.collect();
        if !shown.is_empty() {
            return shown;
        }
        let itself = good.map(|(_, good)| Shown {
            host: None,
            descriptor: good.clone(),
        });
        itself.take(1).collect()
    }

    /// Tells those who wait, once nothing more is to be expected of any host.
    pub(super) fn announce(&mut self, wanted: &[Option<Wanted>], effects: &mut Vec<Effect>) {
        let reading = self.halves.iter().any(|state| state.reading);
        let unknown = match self.hosts.is_empty() {
            true => wanted[0].is_none(),
            false => wanted.iter().all(Option::is_none),
        };
        if self.announcement != Announcement::Open || reading || unknown {
            return;
        }
        // Nothing is to be expected of a broken descriptor before it is saved again.
        let is_settled = |host: &Host| {
            let wanted = wanted[host.half.0].as_ref();
            wanted.is_none_or(|wanted| host.is_settled(wanted))
        };
        if !self.hosts.iter().all(is_settled) {
            return;
        }
        let has_it = |host: &Host| {
            let wanted = wanted[host.half.0].as_ref();
            wanted.is_some() && host.installed.as_ref() == wanted
        };
        let hosts = self.hosts.iter().enumerate();
        let have: Vec<_> = hosts
            .filter(|(_, host)| has_it(host))
            .map(|(index, _)| HostId(index))
            .collect();
        if have.len() < self.hosts.len() && self.until == Until::Ready {
            // One host that has not got it is a failure, whatever the others did.
            if let Some(error) = self.failure.take() {
                self.begin_stop(Why::Failed(error), effects);
                self.go_on_stopping(effects);
            }
        } else if !have.is_empty() || self.hosts.is_empty() {
            self.announcement = Announcement::Running;
            effects.push(Effect::Announce {
                hosts: have,
                shown: self.shown(|host, _| has_it(host)),
            });
        }
    }

    pub(super) fn announced(&mut self, result: Result<(), CliError>, effects: &mut Vec<Effect>) {
        self.announcement = Announcement::Over;
        match (self.until, result) {
            (Until::Interrupt, Ok(())) => {}
            (_, Err(error)) => self.problem(error, effects),
            (Until::Ready, Ok(())) => match self.failure.take() {
                Some(error) => self.begin_stop(Why::Failed(error), effects),
                None => self.begin_stop(Why::Finished, effects),
            },
        }
    }
}
