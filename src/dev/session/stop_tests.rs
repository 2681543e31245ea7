//! How a session ends, and what it leaves.

use crate::dev::session::tests::{
    descriptor, finish, installed, key, options, problem, registering, save, without_talk,
};

use super::*;

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
fn what_breaks_ends_the_session_as_an_interrupt_does_but_is_no_success() {
    let (mut session, _) = installed();
    let effects = without_talk(session.on(Event::Broke(problem())));
    let gone = Effect::Deregister(HostId(0), key("a"));
    assert_eq!(effects, [Effect::StartDeadline(LEAVE_WITHIN), gone]);
    // More of the same is no second interrupt.
    assert_eq!(without_talk(session.on(Event::Broke(problem()))), []);
    session.on(Event::DeregisterFinished {
        host: HostId(0),
        key: key("a"),
        result: Ok(Duration::ZERO),
    });
    let end = Effect::End(Ending::Failed(problem()));
    assert_eq!(session.on(Event::AppStopped), [end]);
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
