//! Random histories of a session against a model of the hosts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{descriptor, key, lost, opened, options, problem};
use super::*;
use crate::dev::event::Built;
use crate::dev::event::{SettingsChange, Wish};
use crate::project::{HALVES, WHOLE};
use crate::tunnel::{News, TunnelError};

/// What the world would look like: which apps each host has, and what was ordered and not
/// answered yet.
#[derive(Default)]
struct Model {
    halves: usize,
    present: BTreeMap<HostId, BTreeSet<AppKey>>,
    pending: Vec<Effect>,
    interrupted: bool,
    interrupts: usize,
    ending: Option<Ending>,
    /// By descriptor.
    current: BTreeMap<HalfId, Descriptor>,
}

impl Model {
    fn of(hosts: &Hosts) -> Self {
        Self {
            halves: hosts.halves,
            ..Self::default()
        }
    }

    fn take_in(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            assert!(self.ending.is_none(), "{effect:?} after the end");
            match &effect {
                Effect::Say(_) => continue,
                Effect::End(ending) => {
                    self.ending = Some(ending.clone());
                    continue;
                }
                Effect::Register(host, _) => {
                    assert!(!self.interrupted, "a register after the interrupt");
                    self.assert_idle(*host);
                }
                Effect::Deregister(host, _) => self.assert_idle(*host),
                // Those that were overtaken by something else are let run out.
                Effect::RetryLater { .. } => {
                    assert!(!self.interrupted, "a retry after the interrupt");
                }
                Effect::StopApp => {
                    let busy = self.pending.iter().any(|effect| host_of(effect).is_some());
                    assert!(!busy, "the app is stopped while a host is busy with it");
                }
                Effect::ReadDescriptor(_) => {
                    let twice = self.pending.contains(&effect);
                    assert!(!twice, "{effect:?} twice at a time");
                }
                single => {
                    let same = std::mem::discriminant(single);
                    let twice = self
                        .pending
                        .iter()
                        .any(|pending| std::mem::discriminant(pending) == same);
                    assert!(!twice, "{single:?} twice at a time");
                }
            }
            self.pending.push(effect);
        }
    }

    fn assert_idle(&self, host: HostId) {
        let busy = |effect: &Effect| host_of(effect) == Some(host);
        assert!(!self.pending.iter().any(busy), "{host:?} is busy");
    }

    /// One of the descriptors.
    fn half(&self, luck: u8) -> HalfId {
        HalfId(usize::from(luck / 64) % self.halves)
    }

    /// The event that answers one of the pending orders; `luck` decides how it goes.
    fn answer(&mut self, which: usize, luck: u8) -> Event {
        let effect = self.pending.remove(which % self.pending.len());
        let good = luck < 160;
        match effect {
            Effect::Announce { .. } if good => Event::Announced(Ok(())),
            Effect::Announce { .. } => Event::Announced(Err(problem())),
            Effect::BuildApp if luck < 20 => Event::AppBuilt(Ok(Built::Same)),
            Effect::BuildApp if good => Event::AppBuilt(Ok(Built::New(Duration::ZERO))),
            Effect::BuildApp => Event::AppBuilt(Err(problem())),
            Effect::Deregister(host, key) => {
                // A failed one may have worked, with its answer lost.
                if good || luck.is_multiple_of(2) {
                    self.present.entry(host).or_default().remove(&key);
                }
                let result = if good {
                    Ok(Duration::ZERO)
                } else {
                    Err(problem())
                };
                Event::DeregisterFinished { host, key, result }
            }
            Effect::Grant(wish, ..) => Event::Granted(wish, Ok(())),
            Effect::ReadDescriptor(half) if good => {
                let name = if luck.is_multiple_of(4) { "b" } else { "a" };
                let name = format!("{name}{}", half.0);
                let descriptor = descriptor(&name, u64::from(luck % 3));
                self.current.insert(half, descriptor.clone());
                Event::DescriptorChecked(half, Ok(descriptor))
            }
            Effect::ReadDescriptor(half) => Event::DescriptorChecked(half, Err(problem())),
            Effect::ReadSettings if good => Event::SettingsRead(Ok(SettingsChange {
                added: (luck.is_multiple_of(5))
                    .then_some(self.half(luck))
                    .into_iter()
                    .collect(),
                gone: (luck.is_multiple_of(3))
                    .then_some(HostId(0))
                    .into_iter()
                    .collect(),
                renewed: (luck.is_multiple_of(7))
                    .then_some((HostId(0), self.half(luck)))
                    .into_iter()
                    .collect(),
                restart: luck.is_multiple_of(2),
            })),
            Effect::ReadSettings => Event::SettingsRead(Err(problem())),
            Effect::Register(host, wanted) => {
                let (result, arrived) = match luck {
                    0..160 => (RegisterResult::Done(Duration::ZERO), true),
                    160..180 => (RegisterResult::Failed(problem()), true),
                    180..200 => (RegisterResult::Failed(problem()), false),
                    200..230 => (RegisterResult::Overtaken, false),
                    _ => (RegisterResult::Unsent(problem()), false),
                };
                if arrived {
                    let keys = self.present.entry(host).or_default();
                    keys.insert(wanted.key.clone());
                }
                // Now and then the host read a descriptor with another key.
                let strays = if arrived && luck.is_multiple_of(16) {
                    vec![key("stray")]
                } else {
                    Vec::new()
                };
                let keys = self.present.entry(host).or_default();
                keys.extend(strays.iter().cloned());
                Event::RegisterFinished {
                    host,
                    wanted,
                    result,
                    strays,
                }
            }
            Effect::RetryLater { host, number, .. } => Event::RetryDue(host, number),
            Effect::StartApp { generation, .. } => Event::AppStarted {
                generation,
                result: if good { Ok(()) } else { Err(problem()) },
            },
            Effect::StartDeadline(_) => Event::DeadlinePassed,
            Effect::StopApp => Event::AppStopped,
            Effect::End(_) | Effect::Say(_) => unreachable!("never pending"),
        }
    }

    fn check_ending(&self) {
        let reported: BTreeSet<_> = match self.ending.as_ref().expect("the session ends") {
            Ending::Clean | Ending::Failed(_) => BTreeSet::new(),
            Ending::LeftAtOnce(left) => {
                assert!(self.interrupts > 1, "left at once after one interrupt");
                left.iter().cloned().collect()
            }
            Ending::LeftBehind(left) => left.iter().cloned().collect(),
        };
        for (host, keys) in &self.present {
            for key in keys {
                assert!(
                    reported.contains(&(*host, key.clone())),
                    "{key} is left on {host:?} and nobody says so"
                );
            }
        }
    }
}

fn host_of(effect: &Effect) -> Option<HostId> {
    match effect {
        Effect::Deregister(host, _) | Effect::Register(host, _) => Some(*host),
        _ => None,
    }
}

/// The descriptors, and which of them each host is to have.
#[derive(Clone, Debug)]
struct Hosts {
    halves: usize,
    hosts: Vec<HalfId>,
}

impl Hosts {
    fn options(&self, kind: AppKind) -> SessionOptions {
        SessionOptions {
            halves: match self.halves {
                1 => vec![WHOLE],
                _ => HALVES.to_vec(),
            },
            hosts: self.hosts.clone(),
            ..options(0, kind)
        }
    }
}

fn any_hosts(least: usize) -> impl Strategy<Value = Hosts> {
    let one = prop::collection::vec(0..1_usize, least..3).prop_map(|hosts| (1, hosts));
    let two = prop::collection::vec(0..2_usize, least..4).prop_map(|hosts| (2, hosts));
    prop_oneof![one, two].prop_map(|(halves, hosts)| Hosts {
        halves,
        hosts: hosts.into_iter().map(HalfId).collect(),
    })
}

fn any_kind() -> impl Strategy<Value = AppKind> {
    prop::sample::select(vec![
        AppKind::Built,
        AppKind::Started,
        AppKind::Watched { in_place: false },
        AppKind::Watched { in_place: true },
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_walks_keep_the_promises(
        hosts in any_hosts(0),
        kind in any_kind(),
        announce in any::<bool>(),
        until_ready in any::<bool>(),
        tunnel in any::<bool>(),
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<u8>()), 1..120),
    ) {
        let mut session = Session::new(SessionOptions {
            announce,
            until: if until_ready { Until::Ready } else { Until::Interrupt },
            address: options(0, kind).address.filter(|_| !tunnel),
            ..hosts.options(kind)
        });
        let mut model = Model::of(&hosts);
        model.take_in(session.on(Event::Started));
        for (choice, which, luck) in steps {
            if model.ending.is_some() {
                break;
            }
            let event = match choice {
                0..25 => Event::DescriptorChanged(model.half(luck)),
                25..40 if kind != AppKind::Started => Event::SourceChanged,
                40 if luck < 25 => Event::Broke(problem()),
                40..45 => Event::AppExited {
                    generation: session.app.last,
                    status: "signal: 11".to_owned(),
                },
                50..60 => Event::SettingsChanged,
                60..63 => Event::RebuildWanted,
                63..66 => Event::ReinstallWanted,
                66..68 => Event::Wished(Wish::Page),
                45..50 => {
                    model.interrupts += 1;
                    Event::Interrupt
                }
                50..70 if tunnel => match luck {
                    0..60 => lost(),
                    60..62 => Event::Tunnel(News::Ended(TunnelError::NgrokStopped)),
                    62..180 => opened("one"),
                    _ => opened("two"),
                },
                _ if model.pending.is_empty() => Event::DescriptorChanged(model.half(luck)),
                _ => model.answer(which, luck),
            };
            model.interrupted |= event == Event::Interrupt;
            model.take_in(session.on(event));
            model.interrupted |= session.stop.is_some();
        }
        // Whatever happened, one interrupt and answers to all orders end it.
        if model.ending.is_none() {
            if !model.interrupted {
                model.interrupted = true;
                model.interrupts += 1;
                model.take_in(session.on(Event::Interrupt));
            }
            while model.ending.is_none() {
                prop_assert!(!model.pending.is_empty(), "it waits for nothing");
                // The deadline comes last.
                let last = |effect: &Effect| matches!(effect, Effect::StartDeadline(_));
                let next = model.pending.iter().position(|effect| !last(effect));
                let event = model.answer(next.unwrap_or(0), 0);
                model.take_in(session.on(event));
            }
        }
        model.check_ending();
    }

    #[test]
    fn when_all_goes_well_every_host_ends_up_with_the_last_descriptor(
        hosts in any_hosts(1),
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<u8>()), 1..60),
    ) {
        let mut session = Session::new(hosts.options(AppKind::Built));
        let mut model = Model::of(&hosts);
        model.take_in(session.on(Event::Started));
        for (choice, which, luck) in steps {
            let event = match choice {
                0..40 => Event::DescriptorChanged(model.half(luck)),
                40..55 => Event::SourceChanged,
                55..60 => Event::SettingsChanged,
                _ if model.pending.is_empty() => Event::DescriptorChanged(model.half(luck)),
                _ => model.answer(which, luck),
            };
            model.take_in(session.on(event));
        }
        // One more save and build of everything, and then quiet.
        for half in 0..model.halves {
            model.take_in(session.on(Event::DescriptorChanged(HalfId(half))));
        }
        model.take_in(session.on(Event::SourceChanged));
        let mut answers = 0;
        while !model.pending.is_empty() {
            answers += 1;
            prop_assert!(answers < 300, "it never comes to rest");
            let event = model.answer(0, 22);
            model.take_in(session.on(event));
        }
        for (index, host) in session.hosts.iter().enumerate() {
            if host.gone {
                let there = model.present.get(&HostId(index)).cloned().unwrap_or_default();
                prop_assert!(there.is_empty(), "{there:?} stays on a host that is gone");
                continue;
            }
            let installed = host.installed.as_ref().map(|installed| installed.hash);
            let current = model.current.get(&host.half);
            let wanted = current.map(|descriptor| descriptor.key.clone());
            let current = current.map(|descriptor| descriptor.hash);
            prop_assert_eq!(installed, current);
            let there = model.present.get(&HostId(index)).cloned().unwrap_or_default();
            prop_assert_eq!(there.into_iter().collect::<Vec<_>>(), wanted.iter().cloned().collect::<Vec<_>>());
        }
    }
}
