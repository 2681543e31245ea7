//! Commands that end by themselves.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::samples;
use crate::support::app;
use crate::support::env::{CONNECT, TestEnv};
use crate::support::host::FakeHost;
use crate::table::{Table, ms};

pub(crate) fn run(table: &mut Table) {
    let size = fs::metadata(CONNECT).unwrap().len() as f64 / 1e6;
    table.numbers("the program, stripped", "MB", ms(8.0, 12.0), &[size]);
    let empty = TestEnv::new();
    for arguments in [&["--version"][..], &["--help"], &["completions", "bash"]] {
        let times = samples(50, || whole(&empty, arguments));
        table.times(arguments[0], ms(3.0, 10.0), &times);
    }
    let app = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    for arguments in [
        &["validate"][..],
        &["status"],
        &["inspect"],
        &["schema", "events"],
        &["dev", "--via", "none", "--port", "9", "--until", "ready"],
    ] {
        let times: Vec<_> = (0..20).map(|_| first_byte(&app, arguments)).collect();
        let name = format!("{}, first byte", arguments[0]);
        table.times(&name, ms(20.0, 100.0), &times);
    }
    let new = |arguments: &[&str]| (0..30).map(|_| new(arguments)).collect::<Vec<_>>();
    table.times("new, without git", ms(10.0, 50.0), &new(&["--vcs", "none"]));
    table.times("new, with git", ms(25.0, 100.0), &new(&[]));
    match packets_of_new() {
        Some(packets) => {
            let text = format!("{packets} packets, or tries to send one");
            table.says("new, in a network of its own", &text, Some(packets == 0));
        }
        None => table.says("new, in a network of its own", "none is allowed here", None),
    }
    let large = TestEnv::new().with_descriptor(&many_modules(200));
    let times = samples(50, || whole(&large, &["validate"]));
    table.times("validate, 200 modules", ms(10.0, 30.0), &times);
    let host = FakeHost::start();
    let project = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let times = samples(5, || {
        // What it finds is not what is measured.
        project.connect(&["doctor"]).output().unwrap();
    });
    table.times("doctor, one host", ms(1500.0, 5000.0), &times);
}

fn whole(env: &TestEnv, arguments: &[&str]) {
    env.connect(arguments).assert().success();
}

/// Making the empty folder and removing the app are not part of it.
fn new(arguments: &[&str]) -> Duration {
    let env = TestEnv::new();
    let began = Instant::now();
    whole(&env, &[&["new", "hello", "--yes"], arguments].concat());
    began.elapsed()
}

/// How often `new` had the system's network do something; none where it cannot have one of its own.
/// What has no way out is counted as well, names that are looked up included.
#[expect(
    clippy::disallowed_methods,
    reason = "only its parent can give it a network"
)]
fn packets_of_new() -> Option<u64> {
    let env = TestEnv::new();
    let count = "\"$@\" 2>&1 && cat /proc/self/net/snmp /proc/self/net/snmp6";
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            count,
            "sh",
        ])
        .args([CONNECT, "new", "hello", "--yes"])
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || !env.path("hello/Cargo.toml").exists() {
        return None;
    }
    // One line of names, one of numbers.
    let mut of_four = text.lines().filter(|line| line.starts_with("Ip: "));
    let (names, numbers) = (of_four.next()?.split(' '), of_four.next()?.split(' '));
    let of_four = names.zip(numbers);
    let of_six = text
        .lines()
        .filter_map(|line| line.split_once(char::is_whitespace));
    let all = of_four.chain(of_six.map(|(name, number)| (name, number.trim())));
    let out = all.filter(|(name, _)| {
        ["OutRequests", "OutNoRoutes"].contains(&name.trim_start_matches("Ip6"))
    });
    let counts: Vec<u64> = out.filter_map(|(_, number)| number.parse().ok()).collect();
    (counts.len() == 4).then(|| counts.iter().sum())
}

/// From the start to the first byte on either stream.
#[expect(
    clippy::disallowed_methods,
    reason = "the first byte is what is measured"
)]
fn first_byte(env: &TestEnv, arguments: &[&str]) -> Duration {
    let (mut ours, theirs) = std::io::pipe().unwrap();
    let began = Instant::now();
    let mut child = Command::new(CONNECT)
        .args(arguments)
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .stdin(Stdio::null())
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs)
        .spawn()
        .unwrap();
    ours.read_exact(&mut [0]).unwrap();
    let took = began.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

fn many_modules(count: usize) -> String {
    let mut descriptor: serde_json::Value =
        serde_json::from_str(&app::descriptor("com.example.a", "One")).unwrap();
    let pages = (0..count).map(|number| {
        json!({
            "key": format!("page-{number}"), "location": "system.top.navigation.bar",
            "name": { "value": format!("Page {number}") }, "url": format!("/page/{number}"),
        })
    });
    descriptor["modules"]["generalPages"] = pages.collect();
    serde_json::to_string_pretty(&descriptor).unwrap()
}
