//! The same host, three ways to develop on it: atlassian-connect-express by itself, a session of
//! ours that runs the same app, and a session of ours with an app that starts at once.
//!
//! The host is our sandbox, which both drive through its plugin manager; times are taken from what
//! the host says happened, so that nobody's own words count. The three take turns.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::process::{Usage, usage};
use crate::sessions::{five_saves, quiet};
use crate::support::ace::{APP, Ace, Host, packages, project};
use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::session::{Session, family};
use crate::table::Table;

const KEY: &str = "com.example.ace";
const FILE: &str = "atlassian-connect.json";
const ROUNDS: usize = 7;
/// How long the host is watched for more installs.
const MORE: Duration = Duration::from_millis(1500);

/// A development loop that runs.
enum Loop {
    Ace(Ace, TestEnv),
    Ours(Box<Session>, TestEnv),
}

#[derive(Default)]
struct Figures {
    started: Vec<Duration>,
    saved: Vec<Duration>,
    removed: Vec<Duration>,
    gone: Vec<Duration>,
    memory: Vec<f64>,
    busy: Vec<f64>,
    installs: Vec<usize>,
}

type Start = fn(&Path, &Host) -> Loop;

const WAYS: [(&str, Start); 3] = [
    ("ACE", |packages, host| {
        let (ace, env) = Ace::start(packages, host);
        Loop::Ace(ace, env)
    }),
    ("connect dev, ACE's app", |packages, host| {
        let env = project(&[], "$PORT").with("NODE_PATH", packages.to_str().unwrap());
        ours(env, host, &format!("exec node {APP}"))
    }),
    ("connect dev, app of 1 ms", |_, host| {
        let env = TestEnv::new().with_descriptor(&app::descriptor(KEY, "One"));
        ours(env, host, &app::command())
    }),
];

pub(crate) fn run(table: &mut Table) {
    let Some(packages) = packages() else {
        return;
    };
    let mut figures = WAYS.map(|_| Figures::default());
    let mut host = Host::start();
    // The first install waits for the host's keys.
    round(WAYS[0].1, &packages, &mut host, &mut Figures::default());
    for _ in 0..ROUNDS {
        for ((_, start), figures) in WAYS.iter().zip(&mut figures) {
            round(*start, &packages, &mut host, figures);
        }
    }
    host.session.interrupt();
    for ((name, _), figures) in WAYS.iter().zip(&figures) {
        println!(" {name}");
        table.times("start to installed", None, &figures.started);
        table.times("save to installed", None, &figures.saved);
        table.times("Ctrl-C to removed from the host", None, &figures.removed);
        table.times("Ctrl-C to the end of the process", None, &figures.gone);
        table.numbers("memory of it and its app", "MB", None, &figures.memory);
        table.numbers("idle, of a core", "%", None, &figures.busy);
        let installs = format!("{:?}", figures.installs);
        table.says("installs for 5 saves in 250 ms", &installs, None);
    }
    for (name, start) in WAYS {
        println!(" {name}");
        table.says("a save that is no JSON", &invalid(start, &packages), None);
        table.says("kill -9", &killed(start, &packages), None);
    }
}

fn ours(env: TestEnv, host: &Host, command: &str) -> Loop {
    let Host {
        site,
        user,
        password,
        ..
    } = host;
    let login = serde_json::json!({ "product": "jira", "username": user, "password": password });
    let credentials = serde_json::json!({ "hosts": { site: login } });
    env.write("credentials.json", &credentials.to_string());
    let env = env.with("CONNECT_KEYS_CDN_URL", &host.keys);
    let session = Session::start(&env, &["--exec", command]);
    Loop::Ours(Box::new(session), env)
}

impl Loop {
    fn env(&self) -> &TestEnv {
        let (Self::Ace(_, env) | Self::Ours(_, env)) = self;
        env
    }

    fn save(&self, name: &str) {
        self.env().write(FILE, &app::descriptor(KEY, name));
    }

    /// Waits until it knows of its own install.
    fn settle(&mut self) {
        match self {
            Self::Ace(ace, _) => ace.wait_until_it_says("Registered with host"),
            Self::Ours(session, _) => drop(session.wait_for("host.registered")),
        }
    }

    fn pid(&self) -> Pid {
        match self {
            Self::Ace(ace, _) => ace.pid(),
            Self::Ours(session, _) => session.pid(),
        }
    }

    fn signal(&self, signal: Signal) {
        match self {
            Self::Ace(ace, _) => ace.signal(signal),
            Self::Ours(session, _) => session.signal_if_alive(signal),
        }
    }

    fn end(self) {
        match self {
            Self::Ace(ace, _) => drop(ace.end()),
            Self::Ours(session, _) => drop(session.end()),
        }
    }

    /// What it and all it started use.
    fn usage(&self) -> Vec<Usage> {
        family(self.pid()).into_iter().map(usage).collect()
    }
}

fn round(start: Start, packages: &Path, host: &mut Host, figures: &mut Figures) {
    let began = Instant::now();
    let mut one = start(packages, host);
    host.wait_for("installed", KEY, Some("One"));
    figures.started.push(began.elapsed());
    one.settle();

    let began = Instant::now();
    one.save("Two");
    host.wait_for("installed", KEY, Some("Two"));
    figures.saved.push(began.elapsed());
    one.settle();

    five_saves(|number| one.save(&format!("Save {number}")));
    figures.installs.push(installs(host));

    let before = one.usage();
    let began = Instant::now();
    quiet(&mut host.session, MORE);
    let (after, seconds) = (one.usage(), began.elapsed().as_secs_f64());
    let pairs = after.iter().zip(&before);
    let cpu: Duration = pairs.map(|(after, before)| after.since(before).0).sum();
    figures
        .memory
        .push(after.iter().map(|usage| usage.memory).sum());
    figures.busy.push(cpu.as_secs_f64() / seconds * 100.0);

    let began = Instant::now();
    one.signal(Signal::INT);
    host.wait_for("uninstalled", KEY, None);
    figures.removed.push(began.elapsed());
    one.end();
    figures.gone.push(began.elapsed());
}

/// Counts installs, good and bad, until none has come for a while.
fn installs(host: &mut Host) -> usize {
    let mut count = 0;
    while let Some(event) = host.session.next_within(MORE) {
        let what = &event["data"]["event"];
        count += usize::from(what == "installed" || what == "installFailed");
    }
    count
}

fn invalid(start: Start, packages: &Path) -> String {
    let mut host = Host::start();
    let mut one = start(packages, &host);
    host.wait_for("installed", KEY, Some("One"));
    one.settle();
    one.env().write(FILE, "{\"key\": \"my-app\", ");
    let installs = installs(&mut host);
    let lives = is_alive(one.pid());
    one.signal(Signal::INT);
    one.end();
    let left = !uninstalled(&mut host);
    format!("{installs} installs, goes on: {lives}, left on the host after Ctrl-C: {left}")
}

fn killed(start: Start, packages: &Path) -> String {
    let mut host = Host::start();
    let mut one = start(packages, &host);
    host.wait_for("installed", KEY, Some("One"));
    one.settle();
    let began = Instant::now();
    one.signal(Signal::KILL);
    let gone = uninstalled(&mut host);
    let took = began.elapsed();
    one.end();
    if gone {
        format!("removed after {} ms", took.as_millis())
    } else {
        format!("left on the host ({} s watched)", took.as_secs())
    }
}

/// Whether the app has gone, or goes in the next seconds.
fn uninstalled(host: &mut Host) -> bool {
    let known = |event: &serde_json::Value| event["data"]["event"] == "uninstalled";
    if host.session.events.iter().any(known) {
        return true;
    }
    let began = Instant::now();
    let patience = Duration::from_secs(5);
    while let Some(event) = host
        .session
        .next_within(patience.saturating_sub(began.elapsed()))
    {
        if known(&event) {
            return true;
        }
    }
    false
}

/// A process that ended and nobody waited for is dead.
fn is_alive(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}
