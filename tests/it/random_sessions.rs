//! Random sessions on the sandbox: saves, failures, signals, kills. Whatever happened, the sites
//! have no app afterwards, or the user was told and `connect clean` takes it away.
//!
//! A thousand with `CONNECT_SLOW_TESTS=1`, a few otherwise. What a run did follows from its
//! number, which a failure names; `CONNECT_RANDOM_SESSION=N` runs that one alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use connect_core::Product;
use connect_sandbox::{Fault, Operation, Sandbox, SandboxOptions};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::env::TestEnv;
use crate::support::host::{base64, poke, send};
use crate::support::session::{Session, wait_until_gone};
use crate::support::{DEADLINE, app, setting};

/// A small generator (xorshift64*), so that a number is all there is to repeat a run.
struct Dice(u64);

impl Dice {
    fn new(number: usize) -> Self {
        // Far from zero, at which it would stay.
        Self((number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap() % limit
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// A sandbox with its two sites.
struct Place {
    sandbox: Sandbox,
}

impl Place {
    fn sites(&self) -> [String; 2] {
        [Product::Jira, Product::Confluence].map(|product| self.sandbox.site(product).to_string())
    }

    /// Keys of the apps on a site.
    fn apps(&self, site: &str) -> Vec<String> {
        let (user, password) = (self.sandbox.username(), self.sandbox.password().expose());
        let login = format!("Basic {}", base64(&format!("{user}:{password}")));
        let list = format!("{site}/rest/plugins/1.0/");
        let (status, _, body) = send("GET", &list, &[("Authorization", &login)], "");
        assert_eq!(status, 200, "{body}");
        let list: Value = serde_json::from_str(&body).unwrap();
        let plugins = list["plugins"].as_array().unwrap().iter();
        let keys = plugins.map(|plugin| plugin["key"].as_str().unwrap().to_owned());
        keys.filter(|key| key.starts_with("com.example.")).collect()
    }

    fn is_empty(&self) -> bool {
        self.sites().iter().all(|site| self.apps(site).is_empty())
    }

    fn credentials(&self) -> String {
        let (user, password) = (self.sandbox.username(), self.sandbox.password().expose());
        let [jira, confluence] = self.sites();
        format!(
            "{{ hosts: {{
                '{jira}': {{ product: 'jira', username: '{user}', password: '{password}' }},
                '{confluence}': {{ product: 'confluence', username: '{user}', password: '{password}' }},
            }} }}"
        )
    }
}

fn some_fault(dice: &mut Dice) -> Fault {
    let operation = dice.one_of(&[
        Operation::Deregister,
        Operation::List,
        Operation::Poll,
        Operation::Register,
        Operation::Settings,
    ]);
    match dice.below(6) {
        0 => Fault::TaskFails {
            sub_code: dice.one_of(&[
                "upm.plugin.error.unexpected.error".to_owned(),
                "connect.install.error.missing.scope".to_owned(),
            ]),
        },
        1 => Fault::CallbackTimeout,
        2 => Fault::LoseAnswer { operation },
        3 => Fault::Delay {
            operation,
            by: Duration::from_millis(u64::try_from(dice.below(150)).unwrap()),
        },
        _ => Fault::Answer {
            operation,
            status: dice.one_of(&[401, 403, 429, 500, 503]),
        },
    }
}

/// What is saved over the descriptor of an app whose keys begin so.
fn some_descriptor(dice: &mut Dice, begin: &str) -> String {
    let name = format!("Name {}", dice.below(1000));
    match dice.below(5) {
        0 => format!("{{ \"key\": \"{begin}a\", "),
        1 => app::descriptor(&format!("{begin}b"), &name),
        2 => String::new(),
        _ => app::descriptor(&format!("{begin}a"), &name),
    }
}

/// The descriptors, and how the keys of each begin.
const HALVES: [(&str, &str); 2] = [
    ("atlassian-connect.json", "com.example."),
    ("atlassian-connect.confluence.json", "com.example.wiki."),
];

/// What a session did; told when the test fails.
struct Story(String);

impl Drop for Story {
    #[expect(clippy::print_stdout, reason = "the test shows it when it fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.0);
        }
    }
}

/// Runs a session.
fn run(number: usize, place: &Place) {
    let mut dice = Dice::new(number);
    let mut story = Story(format!("session {number}:"));
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write("credentials.json", &place.credentials());
    // Now and then it is an app for both products, with a descriptor for each.
    let halves = if number % 3 == 2 {
        &HALVES[..]
    } else {
        &HALVES[..1]
    };
    if let [_, (file, begin)] = halves {
        env.write(file, &app::descriptor(&format!("{begin}a"), "One"));
    }
    let command = format!("{} ", app::command());
    let mut session = Session::start(&env, &["--port", "0", "--exec", &command]);
    for _ in 0..dice.below(6) {
        let mut address = None;
        // Some of what the session has to say, or as much as there is.
        for _ in 0..dice.below(5) {
            match session.next_within(Duration::from_millis(400)) {
                Some(event) => address = event["app"].as_str().map(str::to_owned).or(address),
                None => break,
            }
        }
        match dice.below(8) {
            0..4 => {
                // One draws nothing, so that its numbers stay what they were.
                let which = if halves.len() > 1 { dice.below(2) } else { 0 };
                let (file, begin) = halves[which];
                let text = some_descriptor(&mut dice, begin);
                story
                    .0
                    .push_str(&format!(" save {} bytes to {file};", text.len()));
                env.write(file, &text);
            }
            4 if address.is_some() => {
                story.0.push_str(" the app crashes;");
                let url = format!("{}/crash", address.unwrap());
                poke(&url);
            }
            _ => {
                let fault = some_fault(&mut dice);
                story.0.push_str(&format!(" {fault};"));
                place.sandbox.faults().order(fault);
            }
        }
    }
    let end = dice.one_of(&[
        Signal::INT,
        Signal::INT,
        Signal::TERM,
        Signal::HUP,
        Signal::KILL,
        Signal::KILL,
        Signal::ABORT,
    ]);
    let twice = end == Signal::INT && dice.below(2) == 0;
    story
        .0
        .push_str(&format!(" {end:?}{}", if twice { " twice" } else { "" }));
    let reaper = session.try_reaper();
    session.signal_if_alive(end);
    if twice {
        session.signal_if_alive(end);
    }
    let ended = session.end();
    if let Some(reaper) = reaper {
        wait_until_gone(reaper);
    }
    place.sandbox.faults().clear();
    story
        .0
        .push_str(&format!(" -> {}\n{}", ended.status, ended.stderr));
    if !place.is_empty() {
        let told = ["error[dev/left-behind]", "error[clean/left]"];
        let told = told.iter().any(|code| ended.stderr.contains(code));
        let left = place.sites().map(|site| place.apps(&site));
        assert!(told, "{left:?} is left and nobody says so");
        let cleaned = env.connect(&["clean"]).output().unwrap();
        let said = String::from_utf8_lossy(&cleaned.stderr);
        assert!(
            cleaned.status.success() && place.is_empty(),
            "`connect clean` leaves an app: {said}\n{:#?}",
            place.sandbox.events()
        );
    }
    assert!(
        !ended.stderr.contains(place.sandbox.password().expose()),
        "the password shows"
    );
}

#[test]
fn whatever_happens_nothing_is_left_on_a_host() {
    let only: Option<usize> = setting("CONNECT_RANDOM_SESSION").map(|text| text.parse().unwrap());
    let count = match (only, setting("CONNECT_SLOW_TESTS")) {
        (Some(_), _) => 1,
        (None, Some(_)) => 1000,
        (None, None) => 24,
    };
    let workers = if count < 4 { 1 } else { 4 };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let places: Vec<_> = (0..workers)
        .map(|_| {
            let sandbox = Sandbox::start(SandboxOptions::default());
            let sandbox = runtime.block_on(sandbox).unwrap();
            Place { sandbox }
        })
        .collect();
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for place in &places {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    run(only.unwrap_or(number), place);
                }
            });
        }
    });
    println!("{count} sessions in {:?}", began.elapsed());
    for place in places {
        let stop = place.sandbox.shutdown();
        let _ = runtime.block_on(async { tokio::time::timeout(DEADLINE, stop).await });
    }
}
