//! What `connect dev` notices: every way to save, and changed settings.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, fetch};
use crate::support::session::Session;
use crate::support::{app, left_out};

const KEY: &str = "com.example.a";
const FILE: &str = "atlassian-connect.json";

fn project(host: &FakeHost) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor(KEY, "One"))
        .with_hosts(&[host])
}

fn start(env: &TestEnv, arguments: &[&str]) -> Session {
    let command = app::command();
    Session::start(env, &[&["--exec", &command], arguments].concat())
}

/// The gap that some programs leave between the two halves of a save.
fn gap() {
    let (_hold, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(Duration::from_millis(5));
}

/// Saves in this way; false when the tool for it is missing.
type Save = fn(&TestEnv, &Path, &str) -> bool;

fn in_place(_: &TestEnv, path: &Path, text: &str) -> bool {
    fs::write(path, text).unwrap();
    true
}

fn emptied_first(_: &TestEnv, path: &Path, text: &str) -> bool {
    fs::write(path, "").unwrap();
    gap();
    fs::write(path, text).unwrap();
    true
}

fn renamed_over(_: &TestEnv, path: &Path, text: &str) -> bool {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
    true
}

fn renamed_away(_: &TestEnv, path: &Path, text: &str) -> bool {
    let old = path.with_extension("json~");
    fs::rename(path, &old).unwrap();
    gap();
    fs::write(path, text).unwrap();
    fs::remove_file(&old).unwrap();
    true
}

fn removed_and_made_again(_: &TestEnv, path: &Path, text: &str) -> bool {
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
    true
}

/// IntelliJ's safe write: a new file, the old one aside, the new one in its place.
fn intellij(_: &TestEnv, path: &Path, text: &str) -> bool {
    let new = path.with_extension("json___jb_tmp___");
    let old = path.with_extension("json___jb_old___");
    fs::write(&new, text).unwrap();
    fs::rename(path, &old).unwrap();
    fs::rename(&new, path).unwrap();
    fs::remove_file(&old).unwrap();
    true
}

fn vim(env: &TestEnv, path: &Path, text: &str) -> bool {
    let new = env.path("vim.txt");
    fs::write(&new, text).unwrap();
    let read = format!("0read {}", new.display());
    // `vim -es` is vim without a screen.
    tool(
        env,
        "vim",
        &[
            "-N",
            "-u",
            "NONE",
            "-es",
            "-c",
            "%d",
            "-c",
            &read,
            "-c",
            "wq",
            path.to_str().unwrap(),
        ],
    )
}

fn vim_with_backup(env: &TestEnv, path: &Path, text: &str) -> bool {
    let new = env.path("vim.txt");
    fs::write(&new, text).unwrap();
    let read = format!("0read {}", new.display());
    let path = path.to_str().unwrap();
    let arguments = [
        "-N",
        "-u",
        "NONE",
        "-es",
        "-c",
        "set backup backupcopy=no",
        "-c",
        "%d",
        "-c",
        &read,
        "-c",
        "wq",
        path,
    ];
    tool(env, "vim", &arguments)
}

fn sed(env: &TestEnv, path: &Path, text: &str) -> bool {
    let name = |text: &str| {
        let descriptor: serde_json::Value = serde_json::from_str(text).unwrap();
        descriptor["name"].as_str().unwrap().to_owned()
    };
    let script = format!(
        "s/{}/{}/",
        name(&fs::read_to_string(path).unwrap()),
        name(text)
    );
    tool(env, "sed", &["-i", &script, path.to_str().unwrap()])
}

fn git_checkout(env: &TestEnv, path: &Path, text: &str) -> bool {
    let before = fs::read_to_string(path).unwrap();
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
    let git = |arguments: &[&str]| tool(env, "git", &[&identity[..], arguments].concat());
    // The commit is made elsewhere, so that only the checkout touches the file.
    let elsewhere = env.folder().with_file_name("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join(FILE), text).unwrap();
    let tree = format!("--work-tree={}", elsewhere.display());
    let made = git(&["init", "--quiet", "."])
        && git(&[&tree, "add", FILE])
        && git(&[&tree, "commit", "--quiet", "-m", "a"]);
    assert_eq!(fs::read_to_string(path).unwrap(), before);
    made && git(&["checkout", "--quiet", "--", FILE])
}

/// Runs a tool in the folder; false when it is missing.
#[expect(clippy::disallowed_methods, reason = "real editors are what is tested")]
fn tool(env: &TestEnv, program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .output();
    match output {
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
            true
        }
        Err(error) => {
            left_out(&format!("{program} does not run: {error}"));
            false
        }
    }
}

const STYLES: [(&str, Save); 10] = [
    ("in place", in_place),
    ("emptied first", emptied_first),
    ("renamed over", renamed_over),
    ("renamed away", renamed_away),
    ("removed and made again", removed_and_made_again),
    ("intellij", intellij),
    ("vim", vim),
    ("vim with backup", vim_with_backup),
    ("sed", sed),
    ("git checkout", git_checkout),
];

fn each_style_is_one_install(arguments: &[&str]) {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = start(&env, arguments);
    session.wait_for("ready");
    let path = env.path(FILE);
    let mut expected = vec!["One".to_owned()];
    for (name, save) in STYLES {
        if save(&env, &path, &app::descriptor(KEY, name)) {
            session.wait_for("host.registered");
            expected.push(name.to_owned());
        }
    }
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.installed_names(), expected);
}

#[test]
fn every_way_to_save_is_one_install_with_the_last_contents() {
    each_style_is_one_install(&[]);
}

#[test]
fn every_way_to_save_is_one_install_where_nothing_tells_of_changes() {
    each_style_is_one_install(&["--poll=50"]);
}

/// Watches can be used up for real in a user namespace of one's own.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_watches_is_explained_and_gone_round() {
    let host = FakeHost::start();
    let env = project(&host);
    let limit = "echo 0 > /proc/sys/user/max_inotify_instances";
    #[expect(clippy::disallowed_methods, reason = "is it possible here?")]
    let possible = Command::new("unshare")
        .args(["-Ur", "sh", "-c", limit])
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        left_out("no user namespace with limits of its own can be made here");
        return;
    }
    let script = format!(
        "{limit}; exec {} dev --json --exec \"$1\"",
        crate::support::env::CONNECT
    );
    let arguments = ["-Ur", "sh", "-c", &script, "sh", &app::command()];
    let mut session = Session::program(&env, "unshare", &arguments);
    let error = session.wait_for_error("watch/limit");
    assert_eq!(error["fatal"], false);
    session.wait_for("ready");
    env.write(FILE, &app::descriptor(KEY, "Two"));
    session.wait_for("host.registered");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let told = "caused by: fs.inotify.max_user_watches is ";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    // Once, however many files are watched.
    assert_eq!(ended.stderr.matches("error[watch/limit]").count(), 1);
}

#[test]
fn another_log_in_is_tried_at_once() {
    let host = FakeHost::start();
    let env = project(&host);
    let good = env.read("credentials.json");
    env.write("credentials.json", &good.replace(FakeHost::PASSWORD, "old"));
    let mut session = start(&env, &[]);
    session.wait_for_error("upm/unauthorized");
    // A half-typed one changes nothing.
    env.write("credentials.json", "{ hosts: ");
    session.wait_for_error("file/syntax");
    env.write("credentials.json", &good);
    session.wait_for("ready");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn a_host_that_is_named_later_gets_the_app_and_one_that_is_gone_loses_it() {
    let (one, two) = (FakeHost::start(), FakeHost::start());
    let env = project(&one);
    let both = project(&one)
        .with_hosts(&[&one, &two])
        .read("credentials.json");
    let second = project(&two).read("credentials.json");
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    env.write("credentials.json", &both);
    session.wait_for_where("the second host", |event| {
        event["event"] == "host.registered" && event["host"] == two.site().as_str()
    });
    env.write("credentials.json", &second);
    let gone = session.wait_for("host.deregistered");
    assert_eq!(gone["host"], one.site().as_str());
    assert!(one.apps().is_empty());
    assert_eq!(two.apps(), [KEY]);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(two.apps().is_empty());
    assert_eq!(two.count("POST"), 1);
}

#[test]
fn changed_settings_start_the_app_again_and_broken_ones_do_not() {
    let host = FakeHost::start();
    let env = project(&host);
    env.write("config.json", "{ development: { errorTemplate: false } }");
    let mut session = start(&env, &[]);
    let ready = session.wait_for("ready");
    let app = ready["app"].as_str().unwrap().to_owned();
    let first = fetch("GET", &format!("{app}/pid"));
    env.write("config.json", "{ development: ");
    session.wait_for_error("file/syntax");
    assert_eq!(fetch("GET", &format!("{app}/pid")), first);
    env.write("config.json", "{ development: { errorTemplate: true } }");
    session.wait_for("app.started");
    assert_ne!(fetch("GET", &format!("{app}/pid")), first);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("POST"), 1);
    assert!(host.apps().is_empty());
}
