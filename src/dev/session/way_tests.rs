//! Tunnels that open late, are lost, and come back.

use crate::dev::session::tests::{
    address, descriptor, finish, installed, lost, opened, options, save, without_talk,
};
use crate::tunnel::{News, TunnelError};

use super::*;
use crate::dev::event::Built;

/// A session that waits for its tunnel, with a good descriptor and an app that is built.
fn without_a_way(app: AppKind) -> (Session, Vec<Effect>) {
    let mut session = Session::new(SessionOptions {
        address: None,
        ..options(1, app)
    });
    let mut effects = session.on(Event::Started);
    effects.extend(session.on(Event::DescriptorChecked(HalfId(0), Ok(descriptor("a", 1)))));
    if app == AppKind::Built {
        effects.extend(session.on(Event::AppBuilt(Ok(Built::New(Duration::ZERO)))));
    }
    (session, effects)
}

fn started(session: &mut Session) -> Vec<Effect> {
    let event = Event::AppStarted {
        generation: session.app.last,
        result: Ok(()),
    };
    without_talk(session.on(event))
}

fn starts_at(effects: &[Effect], name: &str) -> bool {
    let here = |effect: &Effect| matches!(effect, Effect::StartApp { address: given, .. } if *given == address(name));
    effects.iter().any(here)
}

#[test]
fn the_app_starts_when_its_address_is_known_and_is_registered_there() {
    for app in [AppKind::Built, AppKind::Started] {
        let (mut session, effects) = without_a_way(app);
        let starts = |effect: &Effect| matches!(effect, Effect::StartApp { .. });
        assert!(!effects.iter().any(starts), "{effects:?}");
        let effects = session.on(opened("one"));
        assert!(starts_at(&effects, "one"), "{effects:?}");
        let effects = started(&mut session);
        let [Effect::Register(_, wanted)] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(wanted.address, address("one"));
    }
}

#[test]
fn a_new_address_is_registered_once_the_app_knows_it() {
    for app in [AppKind::Built, AppKind::Started] {
        let (mut session, _) = without_a_way(app);
        session.on(opened("one"));
        let [Effect::Register(_, first)] = &started(&mut session)[..] else {
            panic!("it is not registered");
        };
        finish(&mut session, first, RegisterResult::Done(Duration::ZERO));
        assert_eq!(without_talk(session.on(lost())), []);
        let effects = without_talk(session.on(opened("two")));
        assert!(
            matches!(effects[..], [Effect::StartApp { .. }]),
            "{effects:?}"
        );
        assert!(starts_at(&effects, "two"));
        let second = Wanted {
            address: address("two"),
            ..first.clone()
        };
        let effects = started(&mut session);
        assert_eq!(effects, [Effect::Register(HostId(0), second.clone())]);
        let effects = finish(&mut session, &second, RegisterResult::Done(Duration::ZERO));
        let told = |effect: &Effect| {
            matches!(effect, Effect::Say(Notice::Registered { reason, .. })
                if *reason == Reason::AddressChanged)
        };
        assert!(effects.iter().any(told), "{effects:?}");
    }
}

#[test]
fn while_the_tunnel_is_lost_nothing_is_registered_and_the_same_address_goes_on() {
    let (mut session, _) = without_a_way(AppKind::Built);
    session.on(opened("one"));
    let [Effect::Register(_, wanted)] = &started(&mut session)[..] else {
        panic!("it is not registered");
    };
    finish(&mut session, wanted, RegisterResult::Done(Duration::ZERO));
    session.on(lost());
    let effects = save(&mut session, Ok(descriptor("a", 2)));
    assert_eq!(without_talk(effects), []);
    let effects = without_talk(session.on(opened("one")));
    let changed = Wanted {
        hash: 2,
        ..wanted.clone()
    };
    assert_eq!(effects, [Effect::Register(HostId(0), changed)]);
}

#[test]
fn a_tunnel_that_will_not_open_ends_the_session_and_takes_the_app_away() {
    let (mut session, _) = without_a_way(AppKind::Built);
    let ended = Event::Tunnel(News::Ended(TunnelError::NgrokNoToken));
    let effects = without_talk(session.on(ended.clone()));
    let over = [Effect::StartDeadline(LEAVE_WITHIN), Effect::StopApp];
    assert_eq!(effects, over);
    let effects = session.on(Event::AppStopped);
    assert!(
        matches!(&effects[..], [Effect::End(Ending::Failed(error))] if error.code == "tunnel/ngrok-auth"),
        "{effects:?}"
    );

    let (mut session, wanted) = installed();
    let effects = without_talk(session.on(ended));
    let removed = Effect::Deregister(HostId(0), wanted.key);
    assert!(effects.contains(&removed), "{effects:?}");
}

#[test]
fn an_app_that_is_started_anew_for_its_address_does_not_end_the_session() {
    let (mut session, _) = without_a_way(AppKind::Started);
    session.on(opened("one"));
    started(&mut session);
    let old = session.app.last;
    session.on(opened("two"));
    // It is ended first where it has a port of its own.
    let effects = session.on(Event::AppExited {
        generation: old,
        status: "signal: 15".to_owned(),
    });
    assert_eq!(without_talk(effects), []);
    assert!(session.stop.is_none());
}
