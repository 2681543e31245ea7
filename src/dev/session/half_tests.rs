//! Apps for both products, which are two with a descriptor each.

use crate::dev::event::{Built, Generation, SettingsChange, Shown};
use crate::dev::session::tests::{descriptor, key, options, problem, refusal, save, without_talk};
use crate::project::HALVES;

use super::*;

/// A session of an app for both products, whose process serves and whose descriptors were read; the
/// hosts are of these.
fn both(hosts: &[usize]) -> (Session, Vec<Effect>) {
    let mut session = Session::new(SessionOptions {
        halves: HALVES.to_vec(),
        hosts: hosts.iter().copied().map(HalfId).collect(),
        announce: true,
        ..options(0, AppKind::Built)
    });
    session.on(Event::Started);
    session.on(Event::AppBuilt(Ok(Built::New(Duration::ZERO))));
    session.on(Event::AppStarted {
        generation: Generation(1),
        result: Ok(()),
    });
    let mut effects = Vec::new();
    for (half, name) in [(0, "a"), (1, "b")] {
        let read = Event::DescriptorChecked(HalfId(half), Ok(descriptor(name, 1)));
        effects.extend(without_talk(session.on(read)));
    }
    (session, effects)
}

fn registered(session: &mut Session, host: usize, wanted: &Wanted) -> Vec<Effect> {
    session.on(Event::RegisterFinished {
        host: HostId(host),
        wanted: wanted.clone(),
        result: RegisterResult::Done(Duration::ZERO),
        strays: Vec::new(),
    })
}

fn is_ready(effects: &[Effect]) -> bool {
    let ready = |effect: &Effect| matches!(effect, Effect::Say(Notice::Ready(_)));
    effects.iter().any(ready)
}

/// What the host of each half is to have.
fn wanted_of_both() -> [Wanted; 2] {
    [(0, "a", ""), (1, "b", "/confluence")].map(|(half, name, below)| Wanted {
        half: HalfId(half),
        key: key(name),
        hash: 1,
        address: BaseUrl::parse(&format!("http://127.0.0.1:3000{below}")).unwrap(),
    })
}

#[test]
fn each_host_gets_the_descriptor_of_its_product() {
    let (mut session, effects) = both(&[1, 0]);
    let [jira, wiki] = wanted_of_both();
    assert_eq!(
        effects,
        [
            Effect::Register(HostId(1), jira.clone()),
            Effect::Register(HostId(0), wiki.clone())
        ]
    );
    // It can be opened when both are there, the first one first.
    let effects = registered(&mut session, 0, &wiki);
    assert!(!is_ready(&effects), "{effects:?}");
    assert_eq!(without_talk(effects), []);
    let effects = registered(&mut session, 1, &jira);
    let place = |host, name| Shown {
        host: Some(HostId(host)),
        descriptor: descriptor(name, 1),
    };
    let shown = vec![place(1, "a"), place(0, "b")];
    assert!(effects.contains(&Effect::Say(Notice::Ready(shown.clone()))));
    let hosts = vec![HostId(0), HostId(1)];
    assert_eq!(without_talk(effects), [Effect::Announce { hosts, shown }]);

    // A change of one is none of the other.
    let changed = Wanted { hash: 2, ..wiki };
    session.on(Event::DescriptorChanged(HalfId(1)));
    let read = Event::DescriptorChecked(HalfId(1), Ok(descriptor("b", 2)));
    let effects = without_talk(session.on(read));
    assert_eq!(effects, [Effect::Register(HostId(0), changed.clone())]);
    registered(&mut session, 0, &changed);
    // Nor is a mistake in one.
    session.on(Event::DescriptorChanged(HalfId(1)));
    session.on(Event::DescriptorChecked(HalfId(1), Err(problem())));
    let effects = without_talk(save(&mut session, Ok(descriptor("a", 2))));
    let changed = Wanted { hash: 2, ..jira };
    assert_eq!(effects, [Effect::Register(HostId(1), changed)]);
}

#[test]
fn a_half_that_fails_or_has_no_host_does_not_keep_the_other_from_being_ready() {
    let [jira, wiki] = wanted_of_both();
    let (mut session, _) = both(&[0, 1]);
    let effects = session.on(Event::RegisterFinished {
        host: HostId(1),
        wanted: wiki,
        result: RegisterResult::Failed(refusal()),
        strays: Vec::new(),
    });
    assert!(!is_ready(&effects), "{effects:?}");
    assert!(is_ready(&registered(&mut session, 0, &jira)));

    let (mut session, effects) = both(&[0]);
    assert_eq!(effects, [Effect::Register(HostId(0), jira.clone())]);
    assert!(is_ready(&registered(&mut session, 0, &jira)));
}

#[test]
fn a_site_of_another_product_gets_the_other_half() {
    let [jira, wiki] = wanted_of_both();
    let (mut session, _) = both(&[0]);
    registered(&mut session, 0, &jira);
    session.on(Event::SettingsChanged);
    let change = SettingsChange {
        renewed: vec![(HostId(0), HalfId(1))],
        ..SettingsChange::default()
    };
    let effects = without_talk(session.on(Event::SettingsRead(Ok(change))));
    assert_eq!(effects, [Effect::Deregister(HostId(0), key("a"))]);
    let effects = session.on(Event::DeregisterFinished {
        host: HostId(0),
        key: key("a"),
        result: Ok(Duration::ZERO),
    });
    assert_eq!(without_talk(effects), [Effect::Register(HostId(0), wiki)]);
}
