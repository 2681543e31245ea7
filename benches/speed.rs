//! How fast the program is where people wait for it: `cargo bench -p connect-cli --bench speed`.
//!
//! Times are wall-clock, from outside the process, against the tests' own host and app. Each line
//! has the target of cli.md section 2 and says whether it was met; a busy machine meets fewer.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

#[expect(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::app;
use support::env::TestEnv;
use support::host::{FakeHost, fetch};
use support::ngrok::{Ngrok, start as start_tunneled};
use support::ngrok_edge::Behaviour;
use support::session::Session;

fn main() {
    if app::was_asked_to_run() {
        app::run();
        return;
    }
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:<44} {:>9} {:>9} {:>9}", "", "median", "p95", "target");
    let short = TestEnv::new();
    show(
        "--version",
        10,
        &samples(50, || run(&short, &["--version"])),
    );
    show("--help", 10, &samples(50, || run(&short, &["--help"])));
    let new = |arguments: &[&str]| (0..30).map(|_| new(arguments)).collect::<Vec<_>>();
    show("new, without git", 50, &new(&["--vcs", "none"]));
    show("new, with git", 100, &new(&[]));
    let valid = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    show("validate", 30, &samples(50, || run(&valid, &["validate"])));

    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let (start, stop) = start_and_stop();
        starts.push(start);
        stops.push(stop);
    }
    show("dev: start to ready, app of 1 ms", 150, &starts);
    show("dev: Ctrl-C to exit", 100, &stops);
    let (sent, installed) = saves(20);
    show("dev: save to register sent", 80, &sent);
    show("dev: save to installed", 120, &installed);
    let (plain, proxied) = requests(200);
    show("a request to the app itself", 0, &plain);
    show("a request through the proxy", 0, &proxied);
    let (tunneled, again) = tunnel(200);
    show("a request through ngrok's double", 0, &tunneled);
    show("dev: tunnel lost to open and proven", 0, &again);
    let installs: Vec<_> = (0..5).map(|_| burst()).collect();
    println!("dev: installs for 5 saves in 250 ms, five times: {installs:?} (target 1, at most 2)");
}

/// Wall-clock times of something done several times.
fn samples(count: usize, mut work: impl FnMut()) -> Vec<Duration> {
    let mut once = || {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    once();
    (0..count).map(|_| once()).collect()
}

fn show(name: &str, target: u64, samples: &[Duration]) {
    let mut sorted = samples.to_vec();
    sorted.sort();
    let ms = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    let (median, high) = (sorted[sorted.len() / 2], sorted[sorted.len() * 95 / 100]);
    let verdict = match target {
        0 => String::new(),
        target if high < Duration::from_millis(target) => format!("{target} ms  met"),
        target => format!("{target} ms  missed"),
    };
    println!("{name:<44} {:>9} {:>9} {verdict:>14}", ms(median), ms(high));
}

fn run(env: &TestEnv, arguments: &[&str]) {
    env.connect(arguments).assert().success();
}

/// Making the empty folder and removing the app are not part of it.
fn new(arguments: &[&str]) -> Duration {
    let env = TestEnv::new();
    let began = Instant::now();
    run(&env, &[&["new", "hello"], arguments].concat());
    began.elapsed()
}

fn project(host: &FakeHost) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[host])
}

fn start(env: &TestEnv) -> Session {
    Session::start(env, &["--exec", &app::command()])
}

fn start_and_stop() -> (Duration, Duration) {
    let host = FakeHost::start();
    let env = project(&host);
    let began = Instant::now();
    let mut session = start(&env);
    session.wait_for("ready");
    let ready = began.elapsed();
    let began = Instant::now();
    session.interrupt();
    (ready, began.elapsed())
}

fn saves(count: usize) -> (Vec<Duration>, Vec<Duration>) {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = start(&env);
    session.wait_for("ready");
    let (mut sent, mut installed) = (Vec::new(), Vec::new());
    for number in 0..count {
        let posts = host.count("POST");
        let began = Instant::now();
        env.write(
            "atlassian-connect.json",
            &app::descriptor("com.example.a", &format!("Save {number}")),
        );
        host.wait_for("POST", posts + 1);
        sent.push(began.elapsed());
        session.wait_for("host.registered");
        installed.push(began.elapsed());
    }
    session.interrupt();
    (sent, installed)
}

fn requests(count: usize) -> (Vec<Duration>, Vec<Duration>) {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = start(&env);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let itself = fetch("GET", &format!("{app}/port"));
    let ask = |address: &str| {
        let url = format!("{address}/env");
        samples(count, || {
            fetch("GET", &url);
        })
    };
    let times = (ask(&format!("http://127.0.0.1:{itself}")), ask(&app));
    session.interrupt();
    times
}

fn burst() -> usize {
    let host = FakeHost::start();
    let env = project(&host);
    let mut session = start(&env);
    session.wait_for("ready");
    let before = host.count("POST");
    let mut next = Instant::now();
    for number in 0..5 {
        env.write(
            "atlassian-connect.json",
            &app::descriptor("com.example.a", &format!("Save {number}")),
        );
        next += Duration::from_millis(50);
        std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
    while host.installed_names().last().map(String::as_str) != Some("Save 4") {
        session.wait_for("host.registered");
    }
    session.interrupt();
    host.count("POST") - before
}

/// Requests at the public address of a double of ngrok's server, each on a connection of its own;
/// and the time from the end of a session with it to the news that the next one is proven.
fn tunnel(count: usize) -> (Vec<Duration>, Vec<Duration>) {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]);
    let mut session = start_tunneled(&env, &[]);
    let opened = session.wait_for("tunnel.opened");
    session.wait_for("ready");
    let url = format!("{}/pid", opened["url"].as_str().unwrap());
    let requests = samples(count, || {
        fetch("GET", &url);
    });
    let again = samples(10, || {
        ngrok.edge.drop_sessions();
        session.wait_for("tunnel.opened");
    });
    session.interrupt();
    (requests, again)
}
