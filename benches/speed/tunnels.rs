//! A tunnel through a double of ngrok's server: what it costs, and how soon its end is noticed.

use std::time::Instant;

use rustix::process::Signal;

use crate::sessions::quiet;
use crate::support::host::{FakeHost, fetch};
use crate::support::ngrok::{Ngrok, start};
use crate::support::ngrok_edge::Behaviour;
use crate::table::{Table, ms};
use crate::{samples, timed};

pub(crate) fn run(table: &mut Table) {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    let opened = session.wait_for("tunnel.opened");
    session.wait_for("ready");
    let url = format!("{}/pid", opened["url"].as_str().unwrap());
    let requests = samples(200, || {
        fetch("GET", &url);
    });
    table.times("a request through it", None, &requests);
    let again: Vec<_> = (0..3)
        .map(|_| {
            // One that breaks soon after it was opened is opened after a longer pause.
            quiet(&mut session, STEADY);
            timed(|| {
                ngrok.edge.drop_sessions();
                session.wait_for("tunnel.opened");
            })
        })
        .collect();
    table.times("session closed to open and proven", None, &again);
    // No sign of life, as after a change of network.
    ngrok.edge.change(|edge| edge.stalled = true);
    let began = Instant::now();
    session.wait_within(LONGEST, "the loss", |event| event["event"] == "tunnel.lost");
    table.times("death to noticed", ms(45e3, 60e3), &[began.elapsed()]);
    ngrok.edge.change(|edge| edge.stalled = false);
    ngrok.edge.drop_sessions();
    session.wait_for("tunnel.opened");
    // A machine that sleeps, and wakes up in another network.
    session.signal(Signal::STOP);
    std::thread::park_timeout(SLEEP);
    ngrok.edge.change(|edge| edge.stalled = true);
    session.signal(Signal::CONT);
    let began = Instant::now();
    session.wait_within(LONGEST, "the loss", |event| event["event"] == "tunnel.lost");
    table.times("woken up to noticed", ms(2e3, 5e3), &[began.elapsed()]);
    session.interrupt();
}

const LONGEST: std::time::Duration = std::time::Duration::from_secs(90);
/// Longer than a tunnel must have held to be opened again at once.
const STEADY: std::time::Duration = std::time::Duration::from_secs(11);
/// Longer than what counts as a sleep.
const SLEEP: std::time::Duration = std::time::Duration::from_secs(14);
