//! `connect doctor`: what stops a user is found, explained and, where that is safe, mended.

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults};
use crate::support::session::Session;

/// What it says: exit code, every check, and all it wrote.
struct Said {
    code: i32,
    checks: Vec<Value>,
    text: String,
}

fn doctor(env: &TestEnv, arguments: &[&str]) -> Said {
    let arguments = [&["doctor", "--json"], arguments].concat();
    let output = env.connect(&arguments).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let text = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    // SECURITY: neither here nor in any other test of this file is a secret said.
    assert!(!text.contains(FakeHost::PASSWORD), "{text}");
    let events = stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    Said {
        code: output.status.code().unwrap(),
        checks: events.filter(|event| event["event"] == "check").collect(),
        text,
    }
}

impl Said {
    /// The check of that name.
    fn check(&self, name: &str) -> &Value {
        let mut checks = self.checks.iter();
        let found = checks.find(|check| check["name"] == name);
        found.unwrap_or_else(|| panic!("no `{name}`: {}", self.text))
    }

    /// Names of what stops the user.
    fn problems(&self) -> Vec<&str> {
        let checks = self.checks.iter();
        let wrong = checks.filter(|check| check["state"] == "problem");
        wrong.map(|check| check["name"].as_str().unwrap()).collect()
    }
}

fn project() -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write("config.json", "{}");
    env
}

/// A project with this host, whose credentials.json nobody else can read.
fn with_host(site: &str, user: &str, password: &str) -> TestEnv {
    let env = project();
    let text = format!(
        r#"{{"hosts":{{"{site}":{{"product":"jira","username":"{user}","password":"{password}"}}}}}}"#
    );
    env.write_private("credentials.json", &text);
    env
}

#[test]
fn a_project_in_order_is_said_to_be() {
    let said = doctor(&project(), &[]);
    assert_eq!((said.code, said.problems()), (0, vec![]), "{}", said.text);
    for name in [
        "atlassian-connect.json",
        "config.json",
        "watching",
        "journal",
    ] {
        assert_eq!(said.check(name)["state"], "ok", "{name}: {}", said.text);
    }
    for name in ["cargo", "credentials.json", "ngrok", "needed"] {
        assert_eq!(
            said.check(name)["state"],
            "skipped",
            "{name}: {}",
            said.text
        );
    }
}

#[test]
fn what_is_wrong_with_the_files_is_said_with_what_to_type() {
    let env = project().with_descriptor(r#"{ "key": "a b", "#);
    env.write("config.json", "{ port: 'many' }");
    let said = doctor(&env, &["--only", "app"]);
    assert_eq!(said.code, 1);
    for name in ["atlassian-connect.json", "config.json"] {
        let check = said.check(name);
        assert_eq!(check["state"], "problem", "{}", said.text);
        let hint = format!("connect validate {name}");
        assert_eq!(check["hints"][0], *hint, "{}", said.text);
    }
    let said = doctor(&TestEnv::new(), &["--only", "app"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.check("atlassian-connect.json")["code"], "file/missing");
}

#[cfg(unix)]
#[test]
fn what_forge_needs_is_looked_at_where_there_is_a_manifest() {
    use std::os::unix::fs::PermissionsExt as _;
    let check = |forge: Option<&str>, node: &str| {
        let env = project();
        env.write("manifest.yml", "app:\n  id: ari:cloud:ecosystem::app/x\n");
        for (name, version) in [("forge", forge), ("node", Some(node))] {
            let Some(version) = version else { continue };
            let path = format!("bin/{name}");
            env.write(&path, &format!("#!/bin/sh\necho {version}\n"));
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(env.path(&path), executable).unwrap();
        }
        let path = env.path("bin");
        let env = env.with("PATH", path.to_str().unwrap());
        let said = doctor(&env, &["--only", "forge"]);
        // Nothing of it stops anybody from developing.
        assert_eq!(said.code, 0, "{}", said.text);
        ["forge", "node"].map(|name| {
            let code = said.check(name)["code"].as_str();
            code.unwrap_or("ok").to_owned()
        })
    };
    assert_eq!(check(Some("13.3.0"), "v24.18.0"), ["ok", "ok"]);
    assert_eq!(check(None, "v20.18.1"), ["doctor/no-forge", "ok"]);
    assert_eq!(
        check(Some("12.8.0"), "v20.18.0"),
        ["doctor/old-forge", "doctor/forge-node"]
    );
    assert_eq!(
        check(Some("12.8.1"), "v22.23.1"),
        ["ok", "doctor/forge-node"]
    );
    let said = doctor(&project(), &["--only", "forge"]);
    assert_eq!(said.check("forge")["state"], "skipped", "{}", said.text);
}

#[cfg(unix)]
#[test]
fn credentials_that_others_can_see_are_found_and_hidden() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = project();
    let git = snapbox::cmd::Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(env.folder());
    git.assert().success();
    // Without a line end, so that a line that is added could spoil the last one.
    env.write(".gitignore", "target");
    env.write("credentials.json", "{ hosts: {} }");
    let only = ["--only", "credentials"];
    let said = doctor(&env, &only);
    assert_eq!(said.code, 1);
    let codes: Vec<_> = said.checks.iter().map(|check| &check["code"]).collect();
    assert!(
        codes.contains(&&"credentials/readable".into()),
        "{}",
        said.text
    );
    assert!(
        codes.contains(&&"credentials/not-ignored".into()),
        "{}",
        said.text
    );

    let said = doctor(&env, &[&only[..], &["--fix"]].concat());
    assert_eq!((said.code, said.problems()), (0, vec![]), "{}", said.text);
    assert_eq!(env.read(".gitignore"), "target\n/credentials.json\n");
    let mode = std::fs::metadata(env.path("credentials.json")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_host_in_order_is_said_to_be() {
    let host = FakeHost::start();
    let env = with_host(&host.site(), "ada", FakeHost::PASSWORD);
    let said = doctor(&env, &["--only", "hosts"]);
    assert_eq!((said.code, said.problems()), (0, vec![]), "{}", said.text);
    for name in [
        &*host.site(),
        "clock",
        "user",
        "development mode",
        "com.example.a",
    ] {
        assert_eq!(said.check(name)["state"], "ok", "{name}: {}", said.text);
    }
    assert_eq!(said.check("descriptor installs")["state"], "skipped");
    // Whoever only looks changes nothing.
    assert_eq!((host.count("POST"), host.count("DELETE")), (0, 0));

    let said = doctor(&env, &["--only", "hosts", "--try-install"]);
    assert_eq!(
        said.check("descriptor installs")["state"],
        "ok",
        "{}",
        said.text
    );
    assert!(host.apps().is_empty());
}

#[test]
fn each_fault_of_a_host_has_its_line() {
    let closed = "upm.pluginInstall.error.descriptor.not.from.marketplace";
    let faults = Faults::default;
    for (faults, name, code) in [
        (
            Faults {
                dev_mode_off: true,
                ..faults()
            },
            "development mode",
            "upm/dev-mode-off",
        ),
        (
            Faults {
                list_status: Some(403),
                ..faults()
            },
            "user",
            "upm/not-admin",
        ),
        (
            Faults {
                behind: 120,
                ..faults()
            },
            "clock",
            "clock/skew",
        ),
        (
            Faults {
                behind: -120,
                ..faults()
            },
            "clock",
            "clock/skew",
        ),
        (
            Faults {
                install_fails: Some(closed),
                ..faults()
            },
            "descriptor installs",
            "upm/private-install-closed",
        ),
        (
            Faults {
                silent_settings: true,
                ..faults()
            },
            "",
            "upm/timeout",
        ),
    ] {
        let host = FakeHost::with(faults);
        let env = with_host(&host.site(), "ada", FakeHost::PASSWORD);
        let said = doctor(&env, &["--only", "hosts", "--try-install"]);
        let site = host.site();
        let name = if name.is_empty() { &site } else { name };
        assert_eq!(said.code, 1, "{name}: {}", said.text);
        assert_eq!(said.check(name)["code"], code, "{}", said.text);
        assert_eq!(said.problems()[0], name, "{}", said.text);
    }
    let host = FakeHost::start();
    let said = doctor(
        &with_host(&host.site(), "ada", "wrong"),
        &["--only", "hosts"],
    );
    assert_eq!(said.check(&host.site())["code"], "upm/unauthorized");
    let nowhere = "http://127.0.0.1:1/jira";
    let said = doctor(&with_host(nowhere, "ada", "x"), &["--only", "hosts"]);
    assert_eq!(said.check(nowhere)["code"], "net/unreachable");
}

#[test]
fn one_bad_host_hides_no_good_one() {
    let (good, bad) = (
        FakeHost::start(),
        FakeHost::with(Faults {
            list_status: Some(403),
            ..Faults::default()
        }),
    );
    let env = project().with_hosts(&[&good, &bad]);
    let said = doctor(&env, &["--only", "hosts"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.problems(), ["user"], "{}", said.text);
    let mut checks = said.checks.iter();
    let problem = checks.find(|check| check["state"] == "problem").unwrap();
    assert_eq!(problem["host"], bad.site());
    assert_eq!(said.check(&good.site())["state"], "ok");
    assert_eq!(said.check(&bad.site())["state"], "ok");
}

#[test]
fn the_sandbox_is_a_host_in_order() {
    let env = project();
    let mut sandbox = Session::command(&env, &["sandbox", "--json", "--port", "0"]);
    let host = sandbox.wait_for("ready");
    let text = |name: &str| host[name].as_str().unwrap();
    let env = with_host(text("url"), text("username"), text("password"));
    let said = doctor(&env, &["--only", "hosts", "--try-install"]);
    assert_eq!((said.code, said.problems()), (0, vec![]), "{}", said.text);
    sandbox.interrupt();
}

#[test]
fn an_app_that_was_left_is_found() {
    let host = FakeHost::start();
    let env = with_host(&host.site(), "ada", FakeHost::PASSWORD);
    let arguments = ["--keep", "--until", "ready", "--exec", &app::command()];
    let session = Session::start(&env, &arguments);
    assert!(session.end().status.success());
    let only = ["--only", "sessions", "--only", "hosts"];
    let said = doctor(&env, &only);
    let app = said
        .checks
        .iter()
        .filter(|check| check["name"] == "com.example.a");
    let states: Vec<_> = app.map(|check| check["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["ok", "skipped"], "{}", said.text);
    // Not kept: left.
    let journal = env.read(".connect/session.json");
    env.write(
        ".connect/session.json",
        &journal
            .replace("\"kept\": true", "\"kept\": false")
            .replace("\"kept\":true", "\"kept\":false"),
    );
    let said = doctor(&env, &["--only", "sessions"]);
    let left = said.check("com.example.a");
    assert_eq!(
        (&left["state"], &left["code"]),
        (&"warning".into(), &"dev/left-behind".into())
    );
    assert_eq!(said.code, 0);
    // Somebody else's: no session of this folder noted it.
    std::fs::remove_file(env.path(".connect/session.json")).unwrap();
    let said = doctor(&env, &["--only", "hosts"]);
    assert_eq!(
        said.check("com.example.a")["code"],
        "upm/key-taken",
        "{}",
        said.text
    );
}

#[test]
fn a_host_elsewhere_needs_a_way_to_this_machine() {
    let env = with_host("https://a.example.invalid", "ada", "x");
    let said = doctor(&env, &["--only", "tunnel"]);
    assert_eq!(
        said.check("needed")["code"],
        "tunnel/no-provider",
        "{}",
        said.text
    );
    let env = env.with("AC_LOCAL_BASE_URL", "http://a.example");
    let said = doctor(&env, &["--only", "tunnel"]);
    let own = said.check("AC_LOCAL_BASE_URL");
    assert_eq!(own["code"], "tunnel/not-https", "{}", said.text);
    let env = env
        .with("AC_LOCAL_BASE_URL", "https://a.example")
        .with("NGROK_AUTHTOKEN", "a-secret-of-ngrok");
    let said = doctor(&env, &["--only", "tunnel"]);
    assert_eq!(said.code, 0, "{}", said.text);
    assert_eq!(said.check("ngrok")["code"], "tunnel/interstitial");
    assert!(!said.text.contains("a-secret-of-ngrok"));
}

#[test]
fn people_read_signs_where_the_locale_has_them() {
    let env = project();
    let text = |env: &TestEnv, arguments: &[&str]| {
        let output = env.connect(arguments).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = text(&env, &["doctor", "--only", "app"]);
    assert!(plain.contains("  ok   config.json"), "{plain}");
    assert!(plain.is_ascii(), "{plain}");
    let env = env.with("LANG", "C.UTF-8");
    let signs = text(&env, &["doctor", "--only", "app"]);
    assert!(signs.contains("  ✓ config.json"), "{signs}");
    assert_eq!(text(&env, &["doctor", "--only", "sessions", "-q"]), "");
}

#[test]
fn a_port_that_is_taken_is_no_problem_and_says_whose_it_is() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let env = project();
    env.write("config.json", &format!("{{ port: {port} }}"));
    let said = doctor(&env, &["--only", "app"]);
    let check = said.check("port of the app");
    assert_eq!((said.code, &check["state"]), (0, &"warning".into()));
    assert_eq!(check["code"], "dev/port-taken");
    if cfg!(target_os = "linux") {
        let pid = format!("(pid {})", std::process::id());
        assert!(check["causes"].to_string().contains(&pid), "{check}");
    }
}
