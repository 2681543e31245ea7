//! `connect dev` against a host that is not ours.

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, exchange, fetch};
use crate::support::session::Session;
use crate::support::terminal::press;

fn project(host: &FakeHost) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[host])
}

#[test]
fn the_whole_loop_registers_registers_again_and_deregisters() {
    let host = FakeHost::with(Faults {
        polls: 2,
        ..Faults::default()
    });
    let env = project(&host);
    let mut session = Session::with_app(&env);
    let ready = session.wait_for("ready");
    let page = format!("{}/plugins/servlet/ac/com.example.a/hello", host.site());
    assert_eq!(ready["url"], page.as_str());
    assert_eq!(host.apps(), ["com.example.a"]);

    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.a", "Two"),
    );
    let again = session.wait_for("host.registered");
    assert_eq!(again["reason"], "descriptor");

    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("host.deregistered"), 1);
    assert_eq!(host.installed_names(), ["One", "Two"]);
    assert!(host.apps().is_empty());
    assert!(!env.path(".connect/session.json").exists());
    assert!(!ended.stderr.contains(FakeHost::PASSWORD));
}

#[test]
fn a_half_typed_save_changes_nothing_and_the_next_good_one_counts() {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    env.write(
        "atlassian-connect.json",
        "{\n  \"key\": \"com.example.a\",\n  \"name\": \"One",
    );
    let error = session.wait_for("error");
    assert_eq!(error["code"], "descriptor/syntax");
    assert_eq!(error["file"], "atlassian-connect.json");
    assert_eq!(error["line"], 3);
    assert_eq!(error["fatal"], false);
    assert_eq!(host.apps(), ["com.example.a"]);
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.a", "Two"),
    );
    session.wait_for("host.registered");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(host.installed_names(), ["One", "Two"]);
}

#[test]
fn a_save_without_a_change_in_meaning_is_no_install() {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    let text = env.read("atlassian-connect.json");
    env.write("atlassian-connect.json", &text);
    env.write("atlassian-connect.json", &format!("\n{text}"));
    // The one that counts proves that those before it were looked at.
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.a", "Two"),
    );
    session.wait_for("host.registered");
    session.interrupt();
    assert_eq!(host.installed_names(), ["One", "Two"]);
}

#[test]
fn one_bad_host_does_not_spoil_the_other() {
    let (good, bad) = (FakeHost::start(), FakeHost::start());
    bad.set(Faults {
        install_status: Some(500),
        ..Faults::default()
    });
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&good, &bad]);
    let mut session = Session::with_app(&env);
    let mut next = || {
        session.wait_for_where("error or ready", |event| {
            event["event"] == "error" || event["event"] == "ready"
        })
    };
    let both = [next(), next()];
    let error = both.iter().find(|event| event["event"] == "error").unwrap();
    assert!(both.iter().any(|event| event["event"] == "ready"));
    assert_eq!(error["code"], "upm/unexpected");
    assert!(error["message"].as_str().unwrap().contains(&bad.site()));
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(good.apps().is_empty());
}

#[test]
fn what_a_host_refuses_is_explained_and_tried_again_with_the_next_save() {
    for (faults, code) in [
        (
            Faults {
                dev_mode_off: true,
                ..Faults::default()
            },
            "upm/dev-mode-off",
        ),
        (
            Faults {
                settings_status: Some(403),
                ..Faults::default()
            },
            "upm/not-admin",
        ),
        (
            Faults {
                install_fails: Some("upm.pluginInstall.error.descriptor.not.from.marketplace"),
                ..Faults::default()
            },
            "upm/private-install-closed",
        ),
        (
            Faults {
                install_fails: Some("connect.install.error.remote.host.bad.response.401"),
                ..Faults::default()
            },
            "install/callback-failed",
        ),
    ] {
        let host = FakeHost::with(faults);
        let env = project(&host);
        let mut session = Session::with_app(&env);
        let error = session.wait_for("error");
        assert_eq!(error["code"], code);
        assert_eq!(error["fatal"], false);
        host.set(Faults::default());
        env.write(
            "atlassian-connect.json",
            &app::descriptor("com.example.a", "Two"),
        );
        session.wait_for("ready");
        let ended = session.interrupt();
        assert_eq!(ended.status.code(), Some(0), "{code}: {}", ended.stderr);
        assert!(host.apps().is_empty(), "{code}");
    }
}

#[test]
fn an_app_that_comes_up_disabled_is_enabled() {
    let host = FakeHost::with(Faults {
        disabled: true,
        ..Faults::default()
    });
    let env = project(&host);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    assert!(host.is_enabled("com.example.a"));
    session.interrupt();
}

#[test]
fn a_power_cut_leaves_a_journal_and_the_next_session_takes_over() {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = Session::with_app(&env);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let app: i32 = fetch("GET", &format!("{app}/pid")).parse().unwrap();
    session.cut_the_power(app);
    assert_eq!(host.apps(), ["com.example.a"]);
    let journal = env.read(".connect/session.json");
    assert!(journal.contains("com.example.a"), "{journal}");
    assert!(journal.contains(&host.site()), "{journal}");
    assert!(!journal.contains(FakeHost::PASSWORD), "{journal}");

    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    let ended = session.interrupt();
    assert!(ended.stderr.contains("taking it over"), "{}", ended.stderr);
    assert!(host.apps().is_empty());
    assert!(!env.path(".connect/session.json").exists());
}

#[test]
fn a_second_session_in_the_folder_is_refused() {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    let ended = Session::with_app(&env).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("error[dev/locked]"),
        "{}",
        ended.stderr
    );
    session.interrupt();
}

#[test]
fn requests_pass_untouched_and_are_told_without_their_query() {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = Session::with_app(&env);
    let ready = session.wait_for("ready");
    let app = ready["app"].as_str().unwrap().to_owned();
    let body = fetch("GET", &format!("{app}/target?jwt=a.b.c&x=%7e+1&&y"));
    assert_eq!(body, "/target?jwt=a.b.c&x=%7e+1&&y");
    let told = session.wait_for_where("its request", |event| event["path"] == "/target");
    assert_eq!(told["event"], "request.in");
    assert_eq!(told["status"], 200);
    assert!(!told.to_string().contains("a.b.c"));
    assert_eq!(fetch("GET", &format!("{app}/env")), "no-reg");
    let ended = session.interrupt();
    assert!(!ended.stderr.contains("a.b.c"), "{}", ended.stderr);
}

#[test]
fn an_app_that_runs_already_is_taken_as_it_is() {
    let host = FakeHost::start();
    let env = project(&host);
    let mut first = Session::start(&env, &["--via", "none", "--exec", &app::command()]);
    let app = first.wait_for("ready")["app"].as_str().unwrap().to_owned();
    let port = app.rsplit(':').next().unwrap();
    let other = project(&host);
    let mut session = Session::start(&other, &["--port", port]);
    session.wait_for("ready");
    assert_eq!(host.apps(), ["com.example.a"]);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
    // It was not ours to end.
    let (head, _) = exchange("GET", &format!("{app}/pid"));
    assert!(head.contains("200"), "{head}");
    first.interrupt();
}

#[test]
fn on_a_terminal_a_long_wait_is_shown_and_nothing_of_it_stays() {
    let host = FakeHost::with(Faults {
        // 20 ms each.
        polls: 60,
        ..Faults::default()
    });
    let env = project(&host);
    let moving = "Registering";
    let arguments = ["dev", "--exec", &app::command()];
    let Some(ended) = press(&env, "Ready", "\\x03", &arguments) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert!(ended.shown.contains(moving), "{}", ended.shown);
    // The line is taken away before the next one is written.
    let after = ended.shown.rsplit(moving).next().unwrap();
    let registered = after.find("Registered").unwrap();
    let cleared = after.find("\u{1b}[2K").expect("the line is cleared");
    assert!(cleared < registered, "{}", ended.shown);
    assert!(host.apps().is_empty());
}

#[test]
fn without_colour_nothing_moves() {
    let host = FakeHost::with(Faults {
        polls: 60,
        ..Faults::default()
    });
    let env = project(&host).with("NO_COLOR", "1");
    let arguments = ["dev", "--exec", &app::command()];
    let Some(ended) = press(&env, "Ready", "\\x03", &arguments) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert!(!ended.shown.contains("Registering"), "{}", ended.shown);
    assert!(!ended.shown.contains('\u{1b}'), "{}", ended.shown);
}
