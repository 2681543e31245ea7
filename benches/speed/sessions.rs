//! `connect dev`: how soon it is ready, hears of a save, is gone, and what it uses meanwhile.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process::usage;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, fetch};
use crate::support::session::Session;
use crate::support::{app, built};
use crate::table::{Table, ms};
use crate::{median, samples, timed};

pub(crate) fn run(table: &mut Table) {
    let app_alone = samples(10, app_alone);
    table.times(
        "(the app of these rows alone, to its first answer)",
        None,
        &app_alone,
    );
    let first: Vec<_> = (0..10).map(|_| in_sandbox(&sandboxed()).0).collect();
    table.times("first start to ready, sandbox, app included", None, &first);
    let env = sandboxed();
    in_sandbox(&env);
    let (start, stop) = both(10, || in_sandbox(&env));
    table.times(
        "start to ready, sandbox, app included",
        ms(60.0, 150.0),
        &start,
    );
    table.times("Ctrl-C to exit, sandbox", ms(20.0, 100.0), &stop);
    let (start, stop) = both(10, || {
        let host = FakeHost::start();
        start_and_stop(&installed_on(&host), &[])
    });
    let app = median(&app_alone);
    let overhead: Vec<_> = start.iter().map(|time| time.saturating_sub(app)).collect();
    table.times("start to ready, UPM, app included", None, &start);
    table.times(
        "start to ready, UPM, without the app",
        ms(20.0, 60.0),
        &overhead,
    );
    table.times("Ctrl-C to exit, UPM", ms(20.0, 100.0), &stop);
    let (sent, installed) = saves(20, Faults::default());
    table.times("save to register sent", ms(55.0, 80.0), &sent);
    table.times("save to installed, UPM of 0 ms", None, &installed);
    table.times(
        "save to installed, sandbox",
        ms(70.0, 120.0),
        &saves_in_sandbox(20),
    );
    let slow = Faults {
        takes: Duration::from_millis(600),
        ..Faults::default()
    };
    table.times(
        "save to installed, UPM of 600 ms",
        ms(700.0, 700.0),
        &saves(10, slow).1,
    );
    // What makes 600 ms of atlassian-connect-express, which waits before it asks.
    let asked_twice = Faults {
        polls: 1,
        ..Faults::default()
    };
    table.times(
        "save to installed, UPM that must be asked twice",
        ms(400.0, 700.0),
        &saves(10, asked_twice).1,
    );
    let installs: Vec<_> = (0..5).map(|_| burst()).collect();
    let held = installs.iter().all(|count| *count == 1);
    table.says(
        "installs for 5 saves in 250 ms, five times",
        &format!("{installs:?}"),
        Some(held),
    );
    let (installs, goes_on) = invalid_save();
    let text = format!("{installs} installs, the session goes on: {goes_on}");
    table.says(
        "a save that is no JSON",
        &text,
        Some(installs == 0 && goes_on),
    );
    let (silent, code) = silent_host();
    table.times("Ctrl-C to exit, host silent", ms(5100.0, 5200.0), &[silent]);
    table.says("its exit code", &format!("{code:?}"), Some(code == Some(3)));
    let second: Vec<_> = (0..5).map(|_| second_interrupt()).collect();
    table.times("second Ctrl-C to exit", ms(5.0, 50.0), &second);
    let killed: Vec<_> = (0..10).map(|_| killed()).collect();
    table.times("kill -9 to deregistered", ms(300.0, 3000.0), &killed);
    let (exchanges, builds, refused) = exchanges(20);
    let (build, besides) = (median(&builds), median(&builds) + app);
    table.times("source saved to new process", None, &exchanges);
    let text = format!(
        "{:.1} ms and {:.1} ms",
        build.as_secs_f64() * 1e3,
        app.as_secs_f64() * 1e3
    );
    table.says("(of it the build and the start of the app)", &text, None);
    let ours = exchanges.iter().map(|time| time.saturating_sub(besides));
    table.times(
        "source saved to new process, besides these",
        ms(30.0, 100.0),
        &ours.collect::<Vec<_>>(),
    );
    table.says(
        "connections refused meanwhile",
        &refused.to_string(),
        Some(refused == 0),
    );
    idle(table);
}

fn both(
    count: usize,
    mut work: impl FnMut() -> (Duration, Duration),
) -> (Vec<Duration>, Vec<Duration>) {
    (0..count).map(|_| work()).unzip()
}

fn sandboxed() -> TestEnv {
    TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"))
}

fn installed_on(host: &FakeHost) -> TestEnv {
    sandboxed().with_hosts(&[host])
}

fn start(env: &TestEnv, more: &[&str]) -> Session {
    Session::start(env, &[&["--exec", &app::command()], more].concat())
}

fn save(env: &TestEnv, name: &str) {
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.a", name),
    );
}

/// What a session waits for that starts the app.
fn app_alone() {
    let env = sandboxed();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    #[expect(clippy::disallowed_methods, reason = "the app is no session of ours")]
    let mut child = std::process::Command::new("sh")
        .args(["-c", &app::command()])
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .envs([("PORT", port.to_string())])
        .envs([
            ("AC_LOCAL_BASE_URL", "http://127.0.0.1"),
            ("AC_OPTS", "no-reg"),
        ])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    fetch(
        "GET",
        &format!("http://127.0.0.1:{port}/atlassian-connect.json"),
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

fn in_sandbox(env: &TestEnv) -> (Duration, Duration) {
    start_and_stop(env, &["--sandbox-port", "0"])
}

fn start_and_stop(env: &TestEnv, arguments: &[&str]) -> (Duration, Duration) {
    let began = Instant::now();
    let mut session = start(env, arguments);
    session.wait_for("ready");
    let ready = began.elapsed();
    (ready, timed(|| drop(session.interrupt())))
}

fn saves(count: usize, faults: Faults) -> (Vec<Duration>, Vec<Duration>) {
    let host = FakeHost::with(faults);
    let env = installed_on(&host);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    let mut number = 0;
    let times = both(count, || {
        number += 1;
        let posts = host.count("POST");
        let began = Instant::now();
        save(&env, &format!("Save {number}"));
        host.wait_for("POST", posts + 1);
        let sent = began.elapsed();
        session.wait_for("host.registered");
        (sent, began.elapsed())
    });
    session.interrupt();
    times
}

fn saves_in_sandbox(count: usize) -> Vec<Duration> {
    let env = sandboxed();
    let mut session = start(&env, &["--sandbox-port", "0"]);
    session.wait_for("ready");
    let mut number = 0;
    let times = samples(count, || {
        number += 1;
        save(&env, &format!("Save {number}"));
        session.wait_for("host.registered");
    });
    session.interrupt();
    times
}

fn burst() -> usize {
    let host = FakeHost::start();
    let env = installed_on(&host);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    let before = host.count("POST");
    five_saves(|number| save(&env, &format!("Save {number}")));
    while host.installed_names().last().map(String::as_str) != Some("Save 5") {
        session.wait_for("host.registered");
    }
    session.interrupt();
    host.count("POST") - before
}

/// Saves 1 to 5, 50 ms apart.
pub(crate) fn five_saves(save: impl Fn(usize)) {
    let mut next = Instant::now();
    for number in 1..=5 {
        save(number);
        next += Duration::from_millis(50);
        std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
}

fn invalid_save() -> (usize, bool) {
    let host = FakeHost::start();
    let env = installed_on(&host);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    env.write("atlassian-connect.json", "{\"key\": \"my-app\", ");
    session.wait_for_error("descriptor/syntax");
    let installs = host.count("POST") - 1;
    let ended = session.interrupt();
    (installs, ended.status.success())
}

fn silent_host() -> (Duration, Option<i32>) {
    let host = FakeHost::with(Faults {
        silent_delete: true,
        ..Faults::default()
    });
    let env = installed_on(&host);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    let began = Instant::now();
    let ended = session.interrupt();
    (began.elapsed(), ended.status.code())
}

fn second_interrupt() -> Duration {
    let host = FakeHost::with(Faults {
        silent_delete: true,
        ..Faults::default()
    });
    let env = installed_on(&host);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    session.signal(Signal::INT);
    host.wait_for("DELETE", 1);
    timed(|| drop(session.interrupt()))
}

fn killed() -> Duration {
    let host = FakeHost::start();
    let env = installed_on(&host);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    session.signal(Signal::KILL);
    host.wait_until_empty()
}

/// From a saved source to the first answer of the new process; the pretended cargo is a shell
/// script. Also how long the builds took, and how many connections were not answered.
fn exchanges(count: usize) -> (Vec<Duration>, Vec<Duration>, usize) {
    let env = built::project();
    let mut session = Session::start(&env, &["--via", "none"]);
    let ready = session.wait_for("ready");
    let url = format!("{}/pid", ready["app"].as_str().unwrap());
    let authority = url.trim_start_matches("http://").split('/').next().unwrap();
    let (mut times, mut builds, mut refused) = (Vec::new(), Vec::new(), 0);
    for number in 0..count {
        let before = fetch("GET", &url);
        let began = Instant::now();
        env.write("src/main.rs", &format!("good {number}"));
        loop {
            if TcpStream::connect(authority).is_err() {
                refused += 1;
            } else if fetch("GET", &url) != before {
                break;
            }
        }
        times.push(began.elapsed());
        let built = session.wait_for("app.built")["ms"].as_f64().unwrap();
        builds.push(Duration::from_secs_f64(built / 1e3));
        session.wait_for("app.started");
    }
    session.interrupt();
    (times, builds, refused)
}

/// Lets this much time pass, whatever is said meanwhile.
pub(crate) fn quiet(session: &mut Session, time: Duration) {
    let began = Instant::now();
    while session
        .next_within(time.saturating_sub(began.elapsed()))
        .is_some()
    {}
}

/// What a session uses while nothing happens, without its app.
fn idle(table: &mut Table) {
    const WATCHED: Duration = Duration::from_secs(10);
    let host = FakeHost::start();
    for (name, env) in [("UPM", installed_on(&host)), ("sandbox", sandboxed())] {
        let mut session = start(&env, &["--sandbox-port", "0"]);
        session.wait_for("ready");
        // What was begun before the app was ready ends first.
        quiet(&mut session, Duration::from_secs(1));
        let before = usage(session.pid());
        let began = Instant::now();
        quiet(&mut session, WATCHED);
        let (after, seconds) = (usage(session.pid()), began.elapsed().as_secs_f64());
        let (cpu, wakes) = after.since(&before);
        let reaper = usage(session.reaper());
        let busy = cpu.as_secs_f64() / seconds * 100.0;
        let wakes = wakes as f64 / seconds;
        table.numbers(
            &format!("idle, {name}: memory"),
            "MB",
            ms(12.0, 20.0),
            &[after.memory],
        );
        table.numbers(
            &format!("idle, {name}: memory of the reaper"),
            "MB",
            None,
            &[reaper.memory],
        );
        table.numbers(
            &format!("idle, {name}: of a core"),
            "%",
            ms(0.1, 0.1),
            &[busy],
        );
        table.numbers(
            &format!("idle, {name}: woken"),
            "/s",
            ms(0.1, 0.2),
            &[wakes],
        );
        session.interrupt();
    }
}
