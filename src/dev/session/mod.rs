//! The dev session as a pure state machine: an event goes in, effects come out.
//!
//! It knows no time, no files and no network, so that its promises can be tested with thousands
//! of random histories:
//! - INVARIANT 6: at most one operation per host is in flight, and none but a deregister starts
//!   after an interrupt. Test: `walks::random_walks_keep_the_promises`.
//! - INVARIANT 7: once a register was sent, the session does not end without a deregister or
//!   without saying what is left. Same test.

mod app;
mod host;
mod ready;
mod settings;
mod stop;
mod way;

use std::collections::BTreeSet;
use std::time::Duration;

use connect_core::{AppKey, BaseUrl};

use crate::dev::event::{
    Descriptor, Effect, Ending, Event, HalfId, HostId, Notice, Reason, RegisterResult, Wanted, Wish,
};
use crate::dev::session::app::App;
use crate::dev::session::host::{Flight, Host};
use crate::dev::session::ready::Announcement;
use crate::dev::session::settings::SettingsState;
use crate::dev::session::stop::{Stop, Why};
use crate::dev::session::way::Way;
use crate::error::{CliError, Kind};
use crate::project::Half;

pub(crate) use app::AppKind;
pub(crate) use stop::LEAVE_WITHIN;

/// What a session is about.
#[derive(Clone, Debug)]
pub(crate) struct SessionOptions {
    /// The descriptors; at least one.
    pub(crate) halves: Vec<Half>,
    /// The hosts: which descriptor each is to have.
    pub(crate) hosts: Vec<HalfId>,
    /// How the app comes to run.
    pub(crate) app: AppKind,
    /// Where the hosts reach the app; none if a tunnel has to be opened first.
    pub(crate) address: Option<BaseUrl>,
    /// What earlier sessions may have left on these hosts.
    pub(crate) left: Vec<(HostId, AppKey)>,
    /// Somebody is to be told when the app can be opened.
    pub(crate) announce: bool,
    /// What happens in the end.
    pub(crate) until: Until,
    /// Apps stay where they are in the end.
    pub(crate) keep: bool,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until the user leaves.
    #[default]
    Interrupt,
    /// Until all hosts have the app and those who wait for it were told; or something fails.
    Ready,
}

/// The state of a session.
#[derive(Debug)]
pub(crate) struct Session {
    way: Way,
    app: App,
    /// As many as at the start; at least one.
    halves: Vec<DescriptorState>,
    settings: SettingsState,
    hosts: Vec<Host>,
    ready: bool,
    /// Wishes that are being granted, each once.
    granting: BTreeSet<Wish>,
    announcement: Announcement,
    until: Until,
    keep: bool,
    /// What failed last where nothing more is to be expected; counts with [`Until::Ready`].
    failure: Option<CliError>,
    stop: Option<Stop>,
}

#[derive(Debug)]
struct DescriptorState {
    /// Which it is.
    half: Half,
    /// It is being read.
    reading: bool,
    /// It changed; read it again when it is not being read.
    stale: bool,
    /// The last reading had errors.
    broken: bool,
    /// The last one without errors.
    good: Option<Descriptor>,
}

impl DescriptorState {
    /// One that was not read yet.
    fn new(half: Half) -> Self {
        Self {
            half,
            reading: false,
            stale: false,
            broken: false,
            good: None,
        }
    }
}

impl Session {
    /// A session that has not started.
    pub(crate) fn new(options: SessionOptions) -> Self {
        let mut hosts: Vec<_> = options.hosts.into_iter().map(Host::new).collect();
        for (id, key) in options.left {
            if let Some(host) = hosts.get_mut(id.0) {
                host.present.insert(key);
            }
        }
        Self {
            way: Way::new(options.address),
            app: App::new(options.app),
            halves: options
                .halves
                .into_iter()
                .map(DescriptorState::new)
                .collect(),
            settings: SettingsState::Read,
            hosts,
            ready: false,
            granting: BTreeSet::new(),
            announcement: if options.announce || options.until == Until::Ready {
                Announcement::Open
            } else {
                Announcement::Over
            },
            until: options.until,
            keep: options.keep,
            failure: None,
            stop: None,
        }
    }

    /// Takes in an event and says what to do now.
    pub(crate) fn on(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Announced(result) => self.announced(result, &mut effects),
            Event::AppBuilt(result) => self.app_built(result, &mut effects),
            Event::AppExited { generation, status } => {
                self.app_exited(generation, &status, &mut effects);
            }
            Event::AppStarted { generation, result } => {
                self.app_started(generation, result, &mut effects);
            }
            Event::Broke(error) => self.begin_stop(Why::Failed(error), &mut effects),
            Event::AppStopped | Event::DeadlinePassed => {
                if let Some(stop) = self.stop.take() {
                    return self.end(stop.cause);
                }
            }
            Event::DeregisterFinished { host, key, result } => {
                self.deregister_finished(host, key, result, &mut effects);
            }
            Event::DescriptorChanged(half) => self.halves[half.0].stale = true,
            Event::DescriptorChecked(half, result) => {
                self.descriptor_checked(half, result, &mut effects);
            }
            Event::HelpWanted => effects.push(Effect::Say(Notice::Keys)),
            Event::Interrupt => match &mut self.stop {
                None => self.begin_stop(Why::Interrupt, &mut effects),
                Some(stop) if !stop.interrupted => stop.interrupted = true,
                Some(_) => return vec![Effect::End(Ending::LeftAtOnce(self.left()))],
            },
            Event::RegisterFinished {
                host,
                wanted,
                result,
                strays,
            } => {
                if let Some(host) = self.hosts.get_mut(host.0) {
                    host.present.extend(strays);
                }
                self.register_finished(host, wanted, result, &mut effects);
            }
            Event::RetryDue(host, number) => {
                if let Some(host) = self.hosts.get_mut(host.0)
                    && host.retry == Some(number)
                {
                    host.retry = None;
                    host.failed = None;
                }
            }
            Event::Granted(wish, result) => {
                self.granting.remove(&wish);
                if let Err(error) = result {
                    effects.push(Effect::Say(Notice::Problem(error)));
                }
            }
            Event::RebuildWanted => {
                self.app.stale = self.app.kind != AppKind::Started;
                self.app.restart = true;
            }
            Event::ReinstallWanted => {
                self.forget_failures();
                for host in &mut self.hosts {
                    host.installed = None;
                }
            }
            Event::SettingsChanged => self.settings.touch(),
            Event::SettingsRead(result) => self.settings_read(result, &mut effects),
            Event::SourceChanged => self.app.stale = true,
            Event::Started => {
                for half in &mut self.halves {
                    half.stale = true;
                }
                self.app.stale = true;
            }
            Event::Tunnel(news) => self.tunnel(news, &mut effects),
            Event::Wished(wish) => self.wished(wish, &mut effects),
        }
        self.say_ready_if_due(&mut effects);
        self.go_on(&mut effects);
        effects
    }

    fn descriptor_checked(
        &mut self,
        id: HalfId,
        result: Result<Descriptor, CliError>,
        effects: &mut Vec<Effect>,
    ) {
        let state = &mut self.halves[id.0];
        state.reading = false;
        if state.stale || self.stop.is_some() {
            // Outdated before it was known.
            return;
        }
        let was_broken = std::mem::replace(&mut state.broken, result.is_err());
        match result {
            Err(error) => {
                let stays = state.good.is_some();
                self.problem(error, effects);
                if stays {
                    effects.push(Effect::Say(Notice::LastGoodStays));
                }
            }
            Ok(new) => {
                let changed = state.good.as_ref() != Some(&new);
                if changed || was_broken {
                    effects.push(Effect::Say(Notice::DescriptorGood(id, new.clone())));
                }
                let before = state.good.replace(new);
                // A save is a wish to try again; the first reading is none.
                if before.is_some() {
                    self.forget_failures();
                }
            }
        }
    }

    fn register_finished(
        &mut self,
        id: HostId,
        wanted: Wanted,
        result: RegisterResult,
        effects: &mut Vec<Effect>,
    ) {
        let Some(host) = self.hosts.get_mut(id.0) else {
            return;
        };
        let unknown = matches!(host.flight, Some(Flight::Register { known: false }));
        host.flight = None;
        let unsent = matches!(
            result,
            RegisterResult::Overtaken | RegisterResult::Unsent(_)
        );
        if unknown && unsent {
            host.present.remove(&wanted.key);
        }
        match result {
            RegisterResult::Done(took) => {
                let reason = match &host.installed {
                    None => Reason::Start,
                    Some(before) if before.address != wanted.address => Reason::AddressChanged,
                    Some(_) => Reason::DescriptorChanged,
                };
                host.installed = Some(wanted.clone());
                host.forget_failures();
                effects.push(Effect::Say(Notice::Registered {
                    host: id,
                    wanted,
                    reason,
                    took,
                }));
            }
            // The watcher will say so too; this makes sure.
            RegisterResult::Overtaken => self.halves[wanted.half.0].stale = true,
            RegisterResult::Failed(error) | RegisterResult::Unsent(error) => {
                host.failed = Some(wanted);
                let outside = error.kind == Kind::Outside && self.stop.is_none();
                let mut later = Vec::new();
                let pause = outside.then(|| host.plan_retry(id, &mut later)).flatten();
                if pause.is_none() {
                    self.failure = Some(error.clone());
                }
                effects.push(Effect::Say(Notice::Problem(error)));
                if let Some(pause) = pause {
                    effects.push(Effect::Say(Notice::TryingAgain(id, pause)));
                }
                effects.append(&mut later);
            }
        }
    }

    fn deregister_finished(
        &mut self,
        id: HostId,
        key: AppKey,
        result: Result<Duration, CliError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(host) = self.hosts.get_mut(id.0) else {
            return;
        };
        host.flight = None;
        // Even a failed one may have worked, with its answer lost.
        host.installed.take_if(|installed| installed.key == key);
        match result {
            Ok(took) => {
                host.present.remove(&key);
                effects.push(Effect::Say(Notice::Deregistered(id, key, took)));
            }
            Err(error) => {
                host.stuck.insert(key);
                effects.push(Effect::Say(Notice::Problem(error)));
            }
        }
    }

    /// Orders everything that can be done now.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        if self.stop.is_some() {
            self.go_on_stopping(effects);
            return;
        }
        for (index, state) in self.halves.iter_mut().enumerate() {
            if state.stale && !state.reading {
                state.stale = false;
                state.reading = true;
                effects.push(Effect::ReadDescriptor(HalfId(index)));
            }
        }
        if self.settings == SettingsState::Stale {
            self.settings = SettingsState::Reading;
            effects.push(Effect::ReadSettings);
        }
        self.go_on_with_app(effects);
        self.start_if_due(effects);
        if self.app.serving.is_none() {
            return;
        }
        let wanted = self.wanted();
        for (index, host) in self.hosts.iter_mut().enumerate() {
            if let Some(wanted) = &wanted[host.half.0] {
                host.go_on(HostId(index), wanted, effects);
            }
        }
        if self.hosts.is_empty() && wanted[0].is_some() {
            self.say_ready(self.shown(|_, _| false), effects);
        }
        self.announce(&wanted, effects);
    }

    /// What the hosts of each descriptor are to have; none where that is not known just now.
    fn wanted(&self) -> Vec<Option<Wanted>> {
        let wanted = |(index, state): (usize, &DescriptorState)| {
            let descriptor = state.good.as_ref().filter(|_| !state.reading)?;
            Some(Wanted {
                half: HalfId(index),
                key: descriptor.key.clone(),
                hash: descriptor.hash,
                address: state.half.address(self.way.proven()?),
            })
        };
        self.halves.iter().enumerate().map(wanted).collect()
    }

    fn forget_failures(&mut self) {
        self.failure = None;
        for host in &mut self.hosts {
            host.forget_failures();
        }
    }
}

#[cfg(test)]
mod half_tests;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walks;
#[cfg(test)]
mod way_tests;
