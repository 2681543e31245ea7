//! `connect dev` with an app for both products: two descriptors, each on the hosts of one.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, exchange};
use crate::support::session::Session;

const JIRA: &str = "com.example.a";
const WIKI: &str = "com.example.a.confluence";
/// The descriptor of the half for Confluence.
const OTHER: &str = "atlassian-connect.confluence.json";

fn project() -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor(JIRA, "One"));
    env.write(OTHER, &app::descriptor(WIKI, "Wiki one"));
    env
}

/// A project with a site of each product.
fn project_on(jira: &FakeHost, wiki: &FakeHost) -> TestEnv {
    let env = project();
    name_hosts(&env, &[(jira, "jira"), (wiki, "confluence")]);
    env
}

/// Writes credentials.json.
fn name_hosts(env: &TestEnv, hosts: &[(&FakeHost, &str)]) {
    let entry = |(host, product): &(&FakeHost, &str)| {
        let (site, password) = (host.site(), FakeHost::PASSWORD);
        format!("'{site}': {{ product: '{product}', username: 'ada', password: '{password}' }}")
    };
    let entries: Vec<_> = hosts.iter().map(entry).collect();
    let text = format!("{{ hosts: {{ {} }} }}", entries.join(", "));
    env.write_private("credentials.json", &text);
}

/// Keys of the events of this name.
fn keys(events: &[Value], name: &str) -> Vec<String> {
    let events = events.iter().filter(|event| event["event"] == name);
    let mut keys: Vec<_> = events
        .map(|event| event["key"].as_str().unwrap().to_owned())
        .collect();
    keys.sort();
    keys
}

fn in_the_sandbox(env: &TestEnv) -> Session {
    Session::start(env, &["--sandbox-port", "0", "--exec", &app::command()])
}

#[test]
fn the_sandbox_has_each_half_on_its_product_until_the_session_ends() {
    let env = project();
    let mut session = in_the_sandbox(&env);
    let ready = session.wait_for("ready");
    assert_eq!(ready["key"], JIRA);
    let also = ready["also"].as_array().unwrap();
    assert_eq!((also.len(), &also[0]["key"]), (1, &WIKI.into()));
    assert_eq!(keys(&session.events, "host.registered"), [JIRA, WIKI]);
    assert_eq!(keys(&session.events, "descriptor.validated"), [JIRA, WIKI]);
    for (place, site, half) in [(&ready, "", ""), (&also[0], "/wiki", "/confluence")] {
        let site = format!("{site}/plugins/servlet/ac/");
        let page = place["url"].as_str().unwrap();
        assert!(page.contains(&site), "{page}");
        let (head, page) = exchange("GET", page);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let frame = format!("{}{half}/hello", ready["app"].as_str().unwrap());
        assert!(page.contains(&frame), "{frame}: {page}");
    }

    env.write(OTHER, &app::descriptor(WIKI, "Wiki two"));
    let again = session.wait_for("host.registered");
    assert_eq!(
        (&again["key"], &again["reason"]),
        (&WIKI.into(), &"descriptor".into())
    );
    env.write("atlassian-connect.json", &app::descriptor(JIRA, "Two"));
    let again = session.wait_for("host.registered");
    assert_eq!(
        (&again["key"], &again["reason"]),
        (&JIRA.into(), &"descriptor".into())
    );

    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(
        keys(&ended.events, "host.registered"),
        [JIRA, JIRA, WIKI, WIKI]
    );
    assert_eq!(keys(&ended.events, "host.deregistered"), [JIRA, WIKI]);
}

#[test]
fn each_site_gets_the_half_for_its_product_and_a_mistake_in_one_is_none_in_the_other() {
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = project_on(&jira, &wiki);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    assert_eq!(
        (jira.apps(), wiki.apps()),
        (vec![JIRA.into()], vec![WIKI.into()])
    );

    env.write(OTHER, "{\n  \"key\": \"half");
    let error = session.wait_for_error("descriptor/syntax");
    assert_eq!(error["file"], OTHER);
    env.write("atlassian-connect.json", &app::descriptor(JIRA, "Two"));
    session.wait_for("host.registered");
    // Another key takes the old one's place, on its own site.
    env.write(OTHER, &app::descriptor("com.example.other", "Wiki two"));
    session.wait_for("host.registered");
    assert_eq!(wiki.apps(), ["com.example.other"]);

    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(jira.installed_names(), ["One", "Two"]);
    assert_eq!(wiki.installed_names(), ["Wiki one", "Wiki two"]);
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
    assert!(!env.path(".connect/session.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_session_leaves_neither_half() {
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = project_on(&jira, &wiki);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    let reaper = session.reaper();
    session.signal(Signal::KILL);
    let ended = session.end();
    crate::support::session::wait_until_gone(reaper);
    assert!(
        jira.apps().is_empty() && wiki.apps().is_empty(),
        "{}",
        ended.stderr
    );
    assert!(!env.path(".connect/session.json").exists());
    // Nobody looks on one product's site for the other product's app.
    assert_eq!(
        ended.stderr.matches("Deregistered").count(),
        2,
        "{}",
        ended.stderr
    );
    assert_eq!((jira.count("DELETE"), wiki.count("DELETE")), (1, 1));
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_power_cut_left_of_both_halves_is_found_and_removed() {
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = project_on(&jira, &wiki);
    let cut = || {
        let mut session = Session::with_app(&env);
        let ready = session.wait_for("ready");
        let own = ready["app"].as_str().unwrap();
        let pid = crate::support::host::fetch("GET", &format!("{own}/pid"));
        session.cut_the_power(pid.parse().unwrap());
        assert_eq!(
            (jira.apps(), wiki.apps()),
            (vec![JIRA.into()], vec![WIKI.into()])
        );
    };
    cut();
    env.connect(&["clean"]).assert().success();
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
    // Without the journal the sites are asked, each for its own half.
    cut();
    std::fs::remove_file(env.path(".connect/session.json")).unwrap();
    env.connect(&["clean", "--all"]).assert().success();
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
    assert_eq!((jira.count("DELETE"), wiki.count("DELETE")), (2, 2));
    // The next session takes over what one left.
    cut();
    let ended = Session::start(&env, &["--until", "ready", "--exec", &app::command()]).end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
}

#[test]
fn a_half_that_no_host_is_for_is_named_and_one_that_fails_does_not_spoil_the_other() {
    let jira = FakeHost::start();
    let env = project().with_hosts(&[&jira]);
    let until_ready = |env: &TestEnv| {
        let command = app::command();
        Session::start(env, &["--until", "ready", "--exec", &command]).end()
    };
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(jira.installed_names(), ["One"]);
    let told = format!("note: {OTHER} is installed nowhere: there is no Confluence for it\n");
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);

    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    wiki.set(Faults {
        install_status: Some(500),
        ..Faults::default()
    });
    let env = project_on(&jira, &wiki);
    let mut session = Session::with_app(&env);
    let ready = session.wait_for("ready");
    assert_eq!((&ready["key"], ready.get("also")), (&JIRA.into(), None));
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
}

#[test]
fn a_site_that_is_named_later_gets_the_half_for_its_product() {
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = project();
    name_hosts(&env, &[(&jira, "jira")]);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    name_hosts(&env, &[(&jira, "jira"), (&wiki, "confluence")]);
    let registered = session.wait_for("host.registered");
    assert_eq!(registered["key"], WIKI);
    name_hosts(&env, &[(&jira, "jira")]);
    let removed = session.wait_for("host.deregistered");
    assert_eq!(removed["key"], WIKI);
    assert_eq!((jira.apps(), wiki.apps()), (vec![JIRA.into()], vec![]));
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_half_that_the_app_does_not_serve_is_explained() {
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = project_on(&jira, &wiki);
    // There the app finds one descriptor only.
    env.write("app/atlassian-connect.json", &app::descriptor(JIRA, "One"));
    let command = format!("cd app && {}", app::command());
    let mut session = Session::start(&env, &["--exec", &command]);
    let error = session.wait_for_error("app/not-answering");
    assert_eq!(
        error["causes"],
        serde_json::json!(["GET /confluence/atlassian-connect.json answered 500"])
    );
    let hint = format!("let the app serve {OTHER} at /confluence/atlassian-connect.json");
    assert_eq!(error["hints"], serde_json::json!([hint]));
    session.wait_for("ready");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!((jira.count("DELETE"), wiki.count("DELETE")), (1, 0));
}

#[test]
fn other_commands_know_which_half_is_meant() {
    let env = project();
    let mut session = in_the_sandbox(&env);
    session.wait_for("ready");
    let installs: Vec<_> = ["/installed", "/confluence/installed"]
        .map(|path| {
            let is_it = |event: &Value| event["event"] == "request.in" && event["path"] == path;
            let mut told = session.events.iter();
            match told.find(|event| is_it(event)).cloned() {
                Some(event) => event,
                None => session.wait_for_where(path, is_it),
            }
        })
        .into();
    for install in installs {
        assert_eq!(install["verdict"], "ok", "{install}");
    }
    let run = |arguments: &[&str]| {
        let output = env.connect(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    for (product, path) in [("jira", "/hello"), ("confluence", "/confluence/hello")] {
        run(&["trigger", "iframe:hello", "--product", product]);
        let request = session.wait_for_where(path, |event| event["path"] == path);
        assert_eq!(request["verdict"], "ok", "{request}");
        run(&["trigger", "installed", "--product", product]);
    }
    // Without a word it is the half for Jira.
    run(&["trigger", "iframe:hello"]);
    session.wait_for_where("/hello", |event| event["path"] == "/hello");
    let mint = |more: &[&str]| {
        let arguments = [
            &["token", "mint", "--path", "/hello", "--kind", "host"],
            more,
        ]
        .concat();
        run(&arguments).trim().to_owned()
    };
    // A token for one half proves nothing to the other.
    let own = session
        .events
        .iter()
        .find(|event| event["event"] == "ready");
    let own = own.unwrap()["app"].as_str().unwrap().to_owned();
    for (product, below, verdict) in [
        ("jira", "", "ok"),
        ("jira", "/confluence", "refused"),
        ("confluence", "", "refused"),
        ("confluence", "/confluence", "ok"),
    ] {
        let token = mint(&["--product", product]);
        let path = format!("{below}/hello");
        exchange("GET", &format!("{own}{path}?jwt={token}"));
        let request = session.wait_for_where(&path, |event| event["path"] == *path);
        assert_eq!(request["verdict"], verdict, "{product}{below}: {request}");
    }

    assert!(run(&["info"]).contains(&format!("app.confluence.key = {WIKI}\n")));
    let checked = env.connect(&["validate"]).output().unwrap();
    let checked = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.contains(OTHER), "{checked}");

    let licensed = run(&["license"]);
    for line in [format!("{JIRA} on "), format!("{WIKI} on ")] {
        assert!(licensed.contains(&line), "{licensed}");
    }
    run(&["license", "none", "--key", WIKI]);
    let licensed = run(&["license"]);
    let states: Vec<_> = licensed
        .lines()
        .map(|line| line.ends_with("none"))
        .collect();
    assert_eq!(states, [false, true], "{licensed}");
    session.interrupt();
}
