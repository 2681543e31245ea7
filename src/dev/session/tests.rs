//! Tables of single steps.

use super::*;
use crate::dev::event::SettingsChange;
use crate::dev::event::{Built, Generation, Shown};
use crate::project::WHOLE;
use crate::tunnel::{News, TunnelError};

pub(super) fn key(name: &str) -> AppKey {
    AppKey::parse(name).unwrap()
}

pub(super) fn descriptor(name: &str, hash: u64) -> Descriptor {
    Descriptor {
        key: key(name),
        hash,
        page: Some("hello".to_owned()),
        modules: 1,
        warnings: 0,
    }
}

pub(super) fn problem() -> CliError {
    CliError::outside("test/problem", "it failed")
}

pub(super) fn refusal() -> CliError {
    CliError::user("test/refusal", "it was refused")
}

pub(super) fn session(hosts: usize, app: AppKind) -> Session {
    Session::new(options(hosts, app))
}

pub(super) fn options(hosts: usize, app: AppKind) -> SessionOptions {
    SessionOptions {
        halves: vec![WHOLE],
        hosts: vec![HalfId(0); hosts],
        app,
        address: BaseUrl::parse("http://127.0.0.1:3000").ok(),
        left: Vec::new(),
        announce: false,
        until: Until::Interrupt,
        keep: false,
    }
}

pub(super) fn without_talk(effects: Vec<Effect>) -> Vec<Effect> {
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
pub(super) fn installed() -> (Session, Wanted) {
    let (mut session, wanted) = registering(options(1, AppKind::Built));
    finish(&mut session, &wanted, RegisterResult::Done(Duration::ZERO));
    (session, wanted)
}

/// A session whose first host is about to get `a` with hash 1.
pub(super) fn registering(options: SessionOptions) -> (Session, Wanted) {
    let mut session = Session::new(options);
    session.on(Event::Started);
    session.on(Event::AppBuilt(Ok(Built::New(Duration::ZERO))));
    session.on(Event::AppStarted {
        generation: Generation(1),
        result: Ok(()),
    });
    let effects = session.on(Event::DescriptorChecked(HalfId(0), Ok(descriptor("a", 1))));
    let [Effect::Register(HostId(0), wanted), ..] = &without_talk(effects)[..] else {
        panic!("no register");
    };
    (session, wanted.clone())
}

pub(super) fn finish(
    session: &mut Session,
    wanted: &Wanted,
    result: RegisterResult,
) -> Vec<Effect> {
    session.on(Event::RegisterFinished {
        host: HostId(0),
        wanted: wanted.clone(),
        result,
        strays: Vec::new(),
    })
}

pub(super) fn save(session: &mut Session, saved: Result<Descriptor, CliError>) -> Vec<Effect> {
    let effects = without_talk(session.on(Event::DescriptorChanged(HalfId(0))));
    assert_eq!(effects, [Effect::ReadDescriptor(HalfId(0))]);
    session.on(Event::DescriptorChecked(HalfId(0), saved))
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
        added: vec![HalfId(0)],
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
        renewed: vec![(HostId(0), HalfId(0))],
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
    assert_eq!(
        effects,
        [Effect::Announce {
            hosts,
            shown: vec![Shown {
                host: Some(HostId(0)),
                descriptor: descriptor("a", 1)
            }]
        }]
    );
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
        session.on(Event::DescriptorChecked(HalfId(0), Ok(descriptor("a", 1))));
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
    let effects = session.on(Event::DescriptorChecked(HalfId(0), Ok(descriptor("a", 1))));
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

pub(super) fn address(name: &str) -> BaseUrl {
    BaseUrl::parse(&format!("https://{name}.example")).unwrap()
}

pub(super) fn opened(name: &str) -> Event {
    Event::Tunnel(News::Opened {
        url: address(name),
        took: Duration::ZERO,
    })
}

pub(super) fn lost() -> Event {
    Event::Tunnel(News::Lost {
        error: TunnelError::NgrokStopped,
        tries: 1,
    })
}

#[test]
fn a_watched_command_is_started_once_for_each_wish() {
    for in_place in [false, true] {
        let mut session = session(0, AppKind::Watched { in_place });
        session.on(Event::Started);
        session.on(Event::DescriptorChecked(HalfId(0), Ok(descriptor("a", 1))));
        let answer = |number, result| Event::AppStarted {
            generation: Generation(number),
            result,
        };
        let starts = |effects: Vec<Effect>| {
            let start = |effect: &&Effect| matches!(effect, Effect::StartApp { .. });
            effects.iter().filter(start).count()
        };
        session.on(answer(1, Ok(())));
        let wishes = [Event::SourceChanged, Event::RebuildWanted];
        for (number, wish) in (2..).zip(wishes) {
            assert_eq!(starts(session.on(wish)), 1);
            assert_eq!(starts(session.on(answer(number, Ok(())))), 0);
        }
        // What changes during a start is looked at after it.
        session.on(Event::SourceChanged);
        assert_eq!(starts(session.on(Event::SourceChanged)), 0);
        assert_eq!(starts(session.on(answer(4, Err(problem())))), 1);
        // A bad save ends nothing, nor does a crash.
        let effects = session.on(answer(5, Err(problem())));
        assert_eq!((problems(&effects), without_talk(effects)), (1, vec![]));
        session.on(Event::SourceChanged);
        session.on(answer(6, Ok(())));
        let effects = session.on(Event::AppExited {
            generation: Generation(6),
            status: "signal: 11".to_owned(),
        });
        assert_eq!((problems(&effects), without_talk(effects)), (1, vec![]));
        assert_eq!(starts(session.on(Event::SourceChanged)), 1);
    }
}
