//! No secret is in what commands print, in what they write, or in what their children are given.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::inspect::setup_with;
use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, base64};
use crate::support::session::Session;

const SHARED: &str = "the-secret/that+tenant&app=share, long enough";
const NGROK: &str = "2abcNgrok_authtoken/of=us";
const ACCESS: &str = FakeHost::ACCESS_TOKEN;
const PASSWORD: &str = FakeHost::PASSWORD;

/// A child that notes its arguments and its environment.
const NOTES: &str = "#!/bin/sh\n{ echo \"$@\"; env; } >> \"$(dirname \"$0\")/../notes\"\n";

/// A project whose git, editor and cloudflared note what they are given.
fn project() -> TestEnv {
    let env = TestEnv::new();
    for name in ["git", "editor", "cloudflared"] {
        let file = format!("bin/{name}");
        let rest = match name {
            // An editor that changes nothing, and a file that git ignores.
            "cloudflared" => "echo cloudflared version 1\n",
            _ => "exit 0\n",
        };
        env.write(&file, &format!("{NOTES}{rest}"));
        fs::set_permissions(env.path(&file), fs::Permissions::from_mode(0o755)).unwrap();
    }
    // As in a repository: git is asked whether it ignores the file.
    env.write(".git/HEAD", "");
    let folder = env.folder();
    let path = format!("{}/bin:/usr/local/bin:/usr/bin:/bin", folder.display());
    let editor = format!("{}/bin/editor", folder.display());
    env.with("PATH", &path)
        .with("EDITOR", &editor)
        .with("NGROK_AUTHTOKEN", NGROK)
        .with("CONNECT_TOKEN", PASSWORD)
        .with("CONNECT_LICENSE_TOKEN", ACCESS)
}

/// Runs a command, and adds what it wrote, whether it succeeded or not.
fn run(env: &TestEnv, arguments: &[&str], said: &mut String) {
    let output = env
        .connect(&[arguments, &["-v"]].concat())
        .output()
        .unwrap();
    said.push_str(&String::from_utf8_lossy(&output.stdout));
    said.push_str(&String::from_utf8_lossy(&output.stderr));
}

/// Everything below a folder, as one text.
fn all_of(folder: &Path, except: &[&str]) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            text.push_str(&all_of(&path, except));
        } else if !except.iter().any(|name| path.ends_with(name)) {
            let bytes = fs::read(&path).unwrap_or_default();
            text.push_str(&format!("== {}\n", path.display()));
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}

/// None of these, as it is, in base64 or as a part of an address.
fn has_none_of(text: &str, secrets: &[&str], what: &str) {
    for secret in secrets {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let escaped = serde_json::to_string(secret).unwrap();
        let login = base64(&format!("ada:{secret}"));
        for form in [
            *secret,
            &base64(secret),
            &encoded,
            escaped.trim_matches('"'),
            &login,
        ] {
            if let Some(at) = text.find(form) {
                let start = text.floor_char_boundary(at.saturating_sub(300));
                panic!(
                    "{what} has `{secret}`: ...{}",
                    &text[start..at + form.len()]
                );
            }
        }
    }
}

#[test]
fn commands_of_a_session_say_and_write_no_secret() {
    let descriptor = app::descriptor("com.example.a", "One").replace(
        r#""apiVersion""#,
        r#""scopes": ["READ", "ACT_AS_USER"], "apiVersion""#,
    );
    let setup = setup_with(project(), &descriptor);
    let env = &setup.env;
    let mut said = String::new();
    for arguments in [
        &["call", "GET", "/rest/api/3/myself", "--include"][..],
        &[
            "call",
            "GET",
            "/rest/api/3/myself",
            "--as-user",
            "712020:ada",
        ],
        &[
            "call",
            "GET",
            "/rest/api/3/myself",
            "--as-user",
            "712020:nobody",
        ],
        &["call", "GET", "/nothing", "--paginate"],
    ] {
        run(env, arguments, &mut said);
    }
    assert!(said.contains("\"accountId\":\"712020:ada\""), "{said}");
    // From here on the tenant's secret is one that we know.
    let minted = ["token", "mint", "--json", "--path", "/"];
    let minted = env.connect(&minted).output().unwrap().stdout;
    let minted: serde_json::Value = serde_json::from_slice(&minted).unwrap();
    let draft = serde_json::json!({
        "key": "com.example.a", "clientKey": minted["tenant"], "baseUrl": minted["baseUrl"],
        "sharedSecret": SHARED, "productType": "jira", "eventType": "installed",
    });
    let body = env.folder().join("../body.json");
    fs::write(&body, draft.to_string()).unwrap();
    run(
        env,
        &["trigger", "installed", "--body", body.to_str().unwrap()],
        &mut said,
    );
    for arguments in [
        &["trigger"][..],
        &["trigger", "installed"],
        &["trigger", "installed", "--edit"],
        &["trigger", "installed", "--flaw", "shared-secret"],
        &["trigger", "uninstalled", "--set", "a.b=c", "--json"],
        &["trigger", "iframe:hello", "--user", "712020:ada"],
        &["trigger", "--from", "1", "--edit"],
        &["trigger", "--from", "1", "--set", "key=other"],
        &["trigger", "iframe:none"],
        &["inspect", "1"],
        &["inspect", "--json", "2"],
        &["call", "GET", "/rest/api/3/myself"],
        &["license"],
        &["license", "none", "--json"],
        &["doctor", "--json"],
        &["doctor"],
        &["info", "--origin"],
    ] {
        run(env, arguments, &mut said);
    }
    let identity = env.read(".connect/sandbox/identity.json");
    let identity: serde_json::Value = serde_json::from_str(&identity).unwrap();
    let sandbox = identity["password"].as_str().unwrap();
    let secrets = [SHARED, NGROK, ACCESS, PASSWORD, sandbox];
    assert!(said.contains("Sent POST /installed"), "{said}");
    has_none_of(&said, &secrets, "the output");
    // The sandbox keeps its own password, in a file that only its owner can read.
    let files = all_of(&env.path(".connect"), &["identity.json"]);
    assert!(files.contains("[redacted]"), "{files}");
    has_none_of(&files, &secrets, ".connect/");
    let notes = env.read("notes");
    assert!(
        notes.contains("edit-") && notes.contains("--version"),
        "{notes}"
    );
    has_none_of(&notes, &secrets, "a child");
    let ended = setup.session.interrupt();
    has_none_of(&ended.stderr, &secrets, "the session");
    has_none_of(&format!("{:?}", ended.events), &secrets, "an event");
}

#[test]
fn commands_that_log_in_to_hosts_say_and_write_no_secret() {
    let host = FakeHost::start();
    let env = project().with_descriptor(&app::descriptor("com.example.a", "One"));
    let wrong = "http://127.0.0.1:1/jira";
    env.write_private(
        "credentials.json",
        &format!(
            "{{ hosts: {{ '{}': {{ product: 'jira', username: 'ada', password: '{PASSWORD}' }}, '{wrong}': {{ product: 'jira', username: 'ada', password: '{PASSWORD}' }} }}, ngrok: {{ authtoken: '{NGROK}' }} }}",
            host.site()
        ),
    );
    let mut session = Session::start(&env, &["--exec", &app::command()]);
    session.wait_for("ready");
    let mut said = String::new();
    let mine = host.site();
    for arguments in [
        &["doctor", "--try-install"][..],
        &["doctor", "--try-install", "--json", "--fix"],
        &["license", "--host", &mine],
        &["license", "active", "--host", &mine],
        &["license", "active", "--host", &mine, "--yes"],
        &["license", "trial", "--host", &mine, "--yes", "--json"],
        &["license", "--host", &mine, "--json"],
        &["license", "active"],
        &["info", "--origin"],
        &["info", "--json"],
        &["trigger", "installed"],
        &["call", "GET", "/x"],
    ] {
        run(&env, arguments, &mut said);
    }
    assert!(
        said.contains("subscription") && said.contains("trigger/no-key"),
        "{said}"
    );
    let secrets = [NGROK, ACCESS, PASSWORD];
    has_none_of(&said, &secrets, "the output");
    has_none_of(&all_of(&env.path(".connect"), &[]), &secrets, ".connect/");
    has_none_of(&env.read("notes"), &secrets, "a child");
    let ended = session.interrupt();
    has_none_of(&ended.stderr, &secrets, "the session");
}
