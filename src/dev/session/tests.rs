//! Tables of single steps, and random histories against a model of the hosts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::dev::event::SettingsChange;

fn key(name: &str) -> AppKey {
    AppKey::parse(name).unwrap()
}

fn descriptor(name: &str, hash: u64) -> Descriptor {
    Descriptor {
        key: key(name),
        hash,
        page: Some("hello".to_owned()),
        modules: 1,
        warnings: 0,
    }
}

fn problem() -> CliError {
    CliError::outside("test/problem", "it failed")
}

fn refusal() -> CliError {
    CliError::user("test/refusal", "it was refused")
}

fn session(hosts: usize, app: AppKind) -> Session {
    Session::new(options(hosts, app))
}

fn options(hosts: usize, app: AppKind) -> SessionOptions {
    SessionOptions {
        hosts,
        app,
        address: BaseUrl::parse("http://127.0.0.1:3000").unwrap(),
        left: Vec::new(),
        announce: false,
        until: Until::Interrupt,
        keep: false,
    }
}

fn without_talk(effects: Vec<Effect>) -> Vec<Effect> {
    effects
        .into_iter()
        .filter(|effect| !matches!(effect, Effect::Say(_)))
        .collect()
}

fn problems(effects: &[Effect]) -> usize {
    effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Say(Notice::Problem(_))))
        .count()
}

/// A session with one host where `a` with hash 1 is installed.
fn installed() -> (Session, Wanted) {
    let (mut session, wanted) = registering(options(1, AppKind::Built));
    finish(&mut session, &wanted, RegisterResult::Done(Duration::ZERO));
    (session, wanted)
}

/// A session whose first host is about to get `a` with hash 1.
fn registering(options: SessionOptions) -> (Session, Wanted) {
    let mut session = Session::new(options);
    session.on(Event::Started);
    session.on(Event::AppBuilt(Ok(Built::New(Duration::ZERO))));
    session.on(Event::AppStarted {
        generation: Generation(1),
        result: Ok(()),
    });
    let effects = session.on(Event::DescriptorChecked(Ok(descriptor("a", 1))));
    let [Effect::Register(HostId(0), wanted), ..] = &without_talk(effects)[..] else {
        panic!("no register");
    };
    (session, wanted.clone())
}

fn finish(session: &mut Session, wanted: &Wanted, result: RegisterResult) -> Vec<Effect> {
    session.on(Event::RegisterFinished {
        host: HostId(0),
        wanted: wanted.clone(),
        result,
        strays: Vec::new(),
    })
}

fn save(session: &mut Session, saved: Result<Descriptor, CliError>) -> Vec<Effect> {
    let effects = without_talk(session.on(Event::DescriptorChanged));
    assert_eq!(effects, [Effect::ReadDescriptor]);
    session.on(Event::DescriptorChecked(saved))
}

#[test]
fn saves_during_a_register_lead_to_one_more() {
    let (mut session, wanted) = installed();
    let effects = without_talk(save(&mut session, Ok(descriptor("a", 2))));
    let [Effect::Register(_, second)] = &effects[..] else {
        panic!("{effects:?}");
    };
    for hash in 3..6 {
        let effects = without_talk(save(&mut session, Ok(descriptor("a", hash))));
        assert_eq!(effects, []);
    }
    let effects = finish(&mut session, second, RegisterResult::Done(Duration::ZERO));
    let last = Wanted { hash: 5, ..wanted };
    assert_eq!(
        without_talk(effects),
        [Effect::Register(HostId(0), last.clone())]
    );
    let effects = finish(&mut session, &last, RegisterResult::Done(Duration::ZERO));
    assert_eq!(without_talk(effects), []);
}

#[test]
fn a_bad_descriptor_is_said_and_keeps_the_last_install() {
    let (mut session, _) = installed();
    let effects = save(&mut session, Err(problem()));
    assert_eq!(problems(&effects), 1);
    assert_eq!(without_talk(effects), []);
    let effects = save(&mut session, Ok(descriptor("a", 1)));
    assert_eq!(without_talk(effects), []);
}

#[test]
fn a_new_key_removes_the_old_one_first() {
    let (mut session, wanted) = installed();
    let effects = without_talk(save(&mut session, Ok(descriptor("b", 2))));
    assert_eq!(effects, [Effect::Deregister(HostId(0), key("a"))]);
    let effects = session.on(Event::DeregisterFinished {
        host: HostId(0),
        key: key("a"),
        result: Ok(Duration::ZERO),
    });
    let new = Wanted {
        key: key("b"),
        hash: 2,
        ..wanted
    };
    assert_eq!(without_talk(effects), [Effect::Register(HostId(0), new)]);
}

#[test]
fn a_failed_register_is_tried_again_with_the_next_save_or_start() {
    let (mut session, wanted) = installed();
    let wanted = Wanted { hash: 2, ..wanted };
    let again = [Effect::Register(HostId(0), wanted.clone())];
    let effects = save(&mut session, Ok(descriptor("a", 2)));
    assert_eq!(without_talk(effects), again);
    let effects = finish(&mut session, &wanted, RegisterResult::Failed(refusal()));
    assert_eq!(problems(&effects), 1);
    assert_eq!(without_talk(effects), []);
    let effects = save(&mut session, Ok(descriptor("a", 2)));
    assert_eq!(without_talk(effects), again);
    finish(&mut session, &wanted, RegisterResult::Failed(refusal()));
    let effects = session.on(Event::AppStarted {
        generation: Generation(2),
        result: Ok(()),
    });
    assert_eq!(without_talk(effects), again);
}

#[test]
fn what_failed_outside_is_tried_again_by_itself_a_few_times() {
    let (mut session, wanted) = registering(options(1, AppKind::Built));
    let mut pauses = Vec::new();
    loop {
        let effects = finish(&mut session, &wanted, RegisterResult::Failed(problem()));
        assert_eq!(problems(&effects), 1);
        let effects = without_talk(effects);
        let Some(Effect::RetryLater {
            host,
            number,
            after,
        }) = effects.first()
        else {
            assert_eq!(effects, []);
            break;
        };
        pauses.push(after.as_secs());
        assert_eq!(session.on(Event::RetryDue(*host, number + 1)), []);
        let effects = session.on(Event::RetryDue(*host, *number));
        assert_eq!(effects, [Effect::Register(HostId(0), wanted.clone())]);
    }
    assert_eq!(pauses, [2, 5, 15, 30, 60]);
    // A save is tried at once, and makes a retry that was planned before it void.
    let effects = without_talk(save(&mut session, Ok(descriptor("a", 1))));
    assert_eq!(effects, [Effect::Register(HostId(0), wanted.clone())]);
    let effects = finish(&mut session, &wanted, RegisterResult::Failed(problem()));
    let [Effect::RetryLater { number, .. }] = without_talk(effects)[..] else {
        panic!("no retry");
    };
    save(&mut session, Ok(descriptor("a", 1)));
    finish(&mut session, &wanted, RegisterResult::Done(Duration::ZERO));
    assert_eq!(session.on(Event::RetryDue(HostId(0), number)), []);
}

#[test]
fn a_host_that_is_named_later_gets_the_app_and_one_that_is_gone_loses_it() {
    let (mut session, wanted) = installed();
    let effects = without_talk(session.on(Event::SettingsChanged));
    assert_eq!(effects, [Effect::ReadSettings]);
    let change = SettingsChange {
        added: 1,
        gone: vec![HostId(0)],
        ..SettingsChange::default()
    };
    let effects = without_talk(session.on(Event::SettingsRead(Ok(change))));
    assert_eq!(
        effects,
        [
            Effect::Deregister(HostId(0), key("a")),
            Effect::Register(HostId(1), wanted)
        ]
    );
}

#[test]
fn another_log_in_is_tried_at_once_and_other_settings_start_the_app_again() {
    let (mut session, wanted) = registering(options(1, AppKind::Built));
    finish(&mut session, &wanted, RegisterResult::Failed(refusal()));
    session.on(Event::SettingsChanged);
    let change = SettingsChange {
        renewed: vec![HostId(0)],
        restart: true,
        ..SettingsChange::default()
    };
    let effects = without_talk(session.on(Event::SettingsRead(Ok(change))));
    assert!(
        effects.contains(&Effect::Register(HostId(0), wanted)),
        "{effects:?}"
    );
    let started = |effect: &Effect| matches!(effect, Effect::StartApp { .. });
    assert!(effects.iter().any(started), "{effects:?}");
    // Broken settings change nothing.
    session.on(Event::SettingsChanged);
    let effects = session.on(Event::SettingsRead(Err(problem())));
    assert_eq!(problems(&effects), 1);
    assert_eq!(without_talk(effects), []);
}

#[test]
fn what_is_to_stay_stays() {
    let (mut session, wanted) = registering(SessionOptions {
        keep: true,
        ..options(1, AppKind::Built)
    });
    session.on(Event::Interrupt);
    // What is in flight is waited for all the same.
    let effects = finish(&mut session, &wanted, RegisterResult::Done(Duration::ZERO));
    assert_eq!(without_talk(effects), [Effect::StopApp]);
    let kept = Effect::Say(Notice::Kept(HostId(0), key("a")));
    assert_eq!(
        session.on(Event::AppStopped),
        [kept, Effect::End(Ending::Clean)]
    );
}

#[test]
fn a_session_until_ready_ends_when_all_hosts_have_it_and_all_were_told() {
    let until_ready = || SessionOptions {
        until: Until::Ready,
        ..options(2, AppKind::Built)
    };
    let done = |host, wanted: &Wanted, result| Event::RegisterFinished {
        host: HostId(host),
        wanted: wanted.clone(),
        result,
        strays: Vec::new(),
    };
    let (mut session, wanted) = registering(until_ready());
    let installed = RegisterResult::Done(Duration::ZERO);
    let effects = session.on(done(0, &wanted, installed.clone()));
    assert_eq!(without_talk(effects), []);
    let effects = without_talk(session.on(done(1, &wanted, installed.clone())));
    let hosts = vec![HostId(0), HostId(1)];
    assert_eq!(effects, [Effect::Announce(hosts, descriptor("a", 1))]);
    let effects = without_talk(session.on(Event::Announced(Ok(()))));
    let removed = |host| Effect::Deregister(HostId(host), key("a"));
    assert_eq!(
        effects,
        [Effect::StartDeadline(LEAVE_WITHIN), removed(0), removed(1)]
    );

    // One that refuses ends it with its reason; the other is cleaned up.
    let (mut session, wanted) = registering(until_ready());
    session.on(done(0, &wanted, RegisterResult::Failed(refusal())));
    let effects = without_talk(session.on(done(1, &wanted, installed)));
    assert!(effects.contains(&removed(1)), "{effects:?}");
    let stop = session.stop.as_ref().expect("it stops");
    assert_eq!(stop.cause, Some(refusal()));
}

#[test]
fn what_a_crash_left_is_taken_over_or_removed() {
    let left = |name: &str| vec![(HostId(0), key(name))];
    for (name, expected) in [("old", Some(key("old"))), ("a", None)] {
        let mut session = Session::new(SessionOptions {
            left: left(name),
            ..options(1, AppKind::Started)
        });
        session.on(Event::Started);
        session.on(Event::DescriptorChecked(Ok(descriptor("a", 1))));
        let effects = session.on(Event::AppStarted {
            generation: Generation(1),
            result: Ok(()),
        });
        match (expected, &without_talk(effects)[..]) {
            (Some(old), [Effect::Deregister(_, key)]) => assert_eq!(*key, old),
            (None, [Effect::Register(..)]) => {}
            (_, effects) => panic!("{name}: {effects:?}"),
        }
        // Leaving removes it, whatever became of it.
        let mut session = Session::new(SessionOptions {
            left: left(name),
            ..options(1, AppKind::Started)
        });
        session.on(Event::Started);
        let effects = without_talk(session.on(Event::Interrupt));
        assert!(
            effects.contains(&Effect::Deregister(HostId(0), key(name))),
            "{effects:?}"
        );
    }
}

#[test]
fn interrupt_while_registering_waits_then_deregisters() {
    let (mut session, wanted) = installed();
    save(&mut session, Ok(descriptor("a", 2)));
    let effects = without_talk(session.on(Event::Interrupt));
    assert_eq!(effects, [Effect::StartDeadline(LEAVE_WITHIN)]);
    let wanted = Wanted { hash: 2, ..wanted };
    let effects = finish(&mut session, &wanted, RegisterResult::Failed(problem()));
    assert_eq!(
        without_talk(effects),
        [Effect::Deregister(HostId(0), key("a"))]
    );
    let effects = session.on(Event::DeregisterFinished {
        host: HostId(0),
        key: key("a"),
        result: Ok(Duration::ZERO),
    });
    assert_eq!(without_talk(effects), [Effect::StopApp]);
    assert_eq!(session.on(Event::AppStopped), [Effect::End(Ending::Clean)]);
}

#[test]
fn a_second_interrupt_leaves_at_once_and_says_what_stays() {
    let (mut session, _) = installed();
    session.on(Event::Interrupt);
    let left = vec![(HostId(0), key("a"))];
    assert_eq!(
        session.on(Event::Interrupt),
        [Effect::End(Ending::LeftAtOnce(left))]
    );
}

#[test]
fn a_silent_host_holds_us_no_longer_than_the_deadline() {
    let (mut session, _) = installed();
    session.on(Event::Interrupt);
    let left = vec![(HostId(0), key("a"))];
    assert_eq!(
        session.on(Event::DeadlinePassed),
        [Effect::End(Ending::LeftBehind(left))]
    );
}

#[test]
fn a_failed_build_keeps_the_old_process() {
    let (mut session, _) = installed();
    let effects = without_talk(session.on(Event::SourceChanged));
    assert_eq!(effects, [Effect::BuildApp]);
    let effects = session.on(Event::AppBuilt(Err(problem())));
    assert_eq!(problems(&effects), 1);
    assert_eq!(without_talk(effects), []);
    // It still serves: a save is registered.
    let effects = without_talk(save(&mut session, Ok(descriptor("a", 2))));
    assert!(matches!(effects[..], [Effect::Register(..)]), "{effects:?}");
}

#[test]
fn a_change_during_a_build_is_built_before_anything_starts() {
    let (mut session, _) = installed();
    session.on(Event::SourceChanged);
    assert_eq!(without_talk(session.on(Event::SourceChanged)), []);
    let effects = session.on(Event::AppBuilt(Ok(Built::New(Duration::ZERO))));
    assert_eq!(without_talk(effects), [Effect::BuildApp]);
}

#[test]
fn an_app_that_nothing_can_restart_ends_the_session() {
    let mut session = session(0, AppKind::Started);
    session.on(Event::Started);
    let effects = session.on(Event::DescriptorChecked(Ok(descriptor("a", 1))));
    assert!(matches!(
        without_talk(effects)[..],
        [Effect::StartApp { key: Some(_), .. }]
    ));
    session.on(Event::AppStarted {
        generation: Generation(1),
        result: Ok(()),
    });
    let effects = session.on(Event::AppExited {
        generation: Generation(1),
        status: "exit status: 1".to_owned(),
    });
    assert!(without_talk(effects).contains(&Effect::StopApp));
    let effects = session.on(Event::AppStopped);
    assert!(
        matches!(&effects[..], [Effect::End(Ending::Failed(error))] if error.code == "app/exited"),
        "{effects:?}"
    );
}

/// What the world would look like: which apps each host has, and what was ordered and not
/// answered yet.
#[derive(Default)]
struct Model {
    present: BTreeMap<HostId, BTreeSet<AppKey>>,
    pending: Vec<Effect>,
    interrupted: bool,
    interrupts: usize,
    ending: Option<Ending>,
    current: Option<Descriptor>,
}

impl Model {
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

    /// The event that answers one of the pending orders; `luck` decides how it goes.
    fn answer(&mut self, which: usize, luck: u8) -> Event {
        let effect = self.pending.remove(which % self.pending.len());
        let good = luck < 160;
        match effect {
            Effect::Announce(..) if good => Event::Announced(Ok(())),
            Effect::Announce(..) => Event::Announced(Err(problem())),
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
            Effect::Open(..) => Event::Opened(Ok(())),
            Effect::ReadDescriptor if good => {
                let name = if luck.is_multiple_of(4) { "b" } else { "a" };
                let descriptor = descriptor(name, u64::from(luck % 3));
                self.current = Some(descriptor.clone());
                Event::DescriptorChecked(Ok(descriptor))
            }
            Effect::ReadDescriptor => Event::DescriptorChecked(Err(problem())),
            Effect::ReadSettings if good => Event::SettingsRead(Ok(SettingsChange {
                added: usize::from(luck.is_multiple_of(5)),
                gone: (luck.is_multiple_of(3))
                    .then_some(HostId(0))
                    .into_iter()
                    .collect(),
                renewed: (luck.is_multiple_of(7))
                    .then_some(HostId(0))
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_walks_keep_the_promises(
        hosts in 0..3_usize,
        built in any::<bool>(),
        announce in any::<bool>(),
        until_ready in any::<bool>(),
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<u8>()), 1..120),
    ) {
        let kind = if built { AppKind::Built } else { AppKind::Started };
        let mut session = Session::new(SessionOptions {
            announce,
            until: if until_ready { Until::Ready } else { Until::Interrupt },
            ..options(hosts, kind)
        });
        let mut model = Model::default();
        model.take_in(session.on(Event::Started));
        for (choice, which, luck) in steps {
            if model.ending.is_some() {
                break;
            }
            let event = match choice {
                0..25 => Event::DescriptorChanged,
                25..40 if built => Event::SourceChanged,
                40..45 => Event::AppExited {
                    generation: session.app.last,
                    status: "signal: 11".to_owned(),
                },
                50..60 => Event::SettingsChanged,
                60..63 => Event::RebuildWanted,
                63..66 => Event::ReinstallWanted,
                66..68 => Event::OpenWanted,
                45..50 => {
                    model.interrupts += 1;
                    Event::Interrupt
                }
                _ if model.pending.is_empty() => Event::DescriptorChanged,
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
        hosts in 1..3_usize,
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<u8>()), 1..60),
    ) {
        let mut session = session(hosts, AppKind::Built);
        let mut model = Model::default();
        model.take_in(session.on(Event::Started));
        for (choice, which, luck) in steps {
            let event = match choice {
                0..40 => Event::DescriptorChanged,
                40..55 => Event::SourceChanged,
                55..60 => Event::SettingsChanged,
                _ if model.pending.is_empty() => Event::DescriptorChanged,
                _ => model.answer(which, luck),
            };
            model.take_in(session.on(event));
        }
        // One more save and build of everything, and then quiet.
        model.take_in(session.on(Event::DescriptorChanged));
        model.take_in(session.on(Event::SourceChanged));
        let mut answers = 0;
        while !model.pending.is_empty() {
            answers += 1;
            prop_assert!(answers < 300, "it never comes to rest");
            let event = model.answer(0, 22);
            model.take_in(session.on(event));
        }
        let wanted = model.current.as_ref().map(|descriptor| descriptor.key.clone());
        for (index, host) in session.hosts.iter().enumerate() {
            if host.gone {
                let there = model.present.get(&HostId(index)).cloned().unwrap_or_default();
                prop_assert!(there.is_empty(), "{there:?} stays on a host that is gone");
                continue;
            }
            let installed = host.installed.as_ref().map(|installed| installed.hash);
            let current = model.current.as_ref().map(|descriptor| descriptor.hash);
            prop_assert_eq!(installed, current);
            let there = model.present.get(&HostId(index)).cloned().unwrap_or_default();
            prop_assert_eq!(there.into_iter().collect::<Vec<_>>(), wanted.iter().cloned().collect::<Vec<_>>());
        }
    }
}
