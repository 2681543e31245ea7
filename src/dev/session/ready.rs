//! When the app can be opened, and who is told.

use crate::dev::event::{Effect, HostId, Notice, Wanted, Wish};
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
    pub(super) fn say_ready(&mut self, host: Option<HostId>, effects: &mut Vec<Effect>) {
        if let Some(descriptor) = &self.descriptor.good
            && !self.ready
            && self.stop.is_none()
        {
            self.ready = true;
            let notice = Notice::Ready(host, descriptor.clone());
            effects.push(Effect::Say(notice));
        }
    }

    /// Grants a wish, for the app on the first host that has it.
    pub(super) fn wished(&mut self, wish: Wish, effects: &mut Vec<Effect>) {
        let has_it = |host: &Host| host.installed.is_some();
        let host = self.hosts.iter().position(has_it).map(HostId);
        if let Some(descriptor) = &self.descriptor.good
            && self.ready
            && self.stop.is_none()
            && self.granting.insert(wish)
        {
            effects.push(Effect::Grant(wish, host, descriptor.clone()));
        }
    }

    /// Tells those who wait, once nothing more is to be expected of any host.
    pub(super) fn announce(&mut self, wanted: &Wanted, effects: &mut Vec<Effect>) {
        let settled = self.hosts.iter().all(|host| host.is_settled(wanted));
        if self.announcement != Announcement::Open || !settled {
            return;
        }
        let hosts = self.hosts.iter().enumerate();
        let have: Vec<_> = hosts
            .filter(|(_, host)| host.installed.as_ref() == Some(wanted))
            .map(|(index, _)| HostId(index))
            .collect();
        if have.len() < self.hosts.len() && self.until == Until::Ready {
            // One host that has not got it is a failure, whatever the others did.
            if let Some(error) = self.failure.take() {
                self.begin_stop(Why::Failed(error), effects);
                self.go_on_stopping(effects);
            }
        } else if (!have.is_empty() || self.hosts.is_empty())
            && let Some(descriptor) = &self.descriptor.good
        {
            self.announcement = Announcement::Running;
            effects.push(Effect::Announce(have, descriptor.clone()));
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
