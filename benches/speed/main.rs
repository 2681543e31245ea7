//! How fast the program is where people wait for it, and atlassian-connect-express beside it in the
//! same run: `scripts/bench-dev`, or `cargo bench -p connect-cli --bench speed [-- SECTION ...]`.
//!
//! Everything is measured from outside the process, against the tests' own host and app. Each line
//! has the median and the 95th percentile, and beside them what they are to be: a target for the
//! median and a gate for the percentile. A busy machine meets fewer; its load is printed.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod commands;
mod peer;
mod process;
mod requests;
mod sessions;
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod table;
mod tunnels;

use std::time::{Duration, Instant};

use support::app;
use table::Table;

type Section = (&'static str, fn(&mut Table));

/// Sections by name, in the order they run.
const SECTIONS: [Section; 5] = [
    ("commands", commands::run),
    ("sessions", sessions::run),
    ("requests", requests::run),
    ("tunnels", tunnels::run),
    ("ace", peer::run),
];

fn main() {
    if app::was_asked_to_run() {
        app::run();
        return;
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know that it builds.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<_> = arguments
        .iter()
        .filter(|name| !name.starts_with('-'))
        .collect();
    let mut table = Table::default();
    println!("load before: {}", process::load());
    for (name, section) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name) {
            println!("\n{name}");
            section(&mut table);
        }
    }
    println!("\nload after: {}", process::load());
    table.conclude();
}

/// Wall-clock times of something done several times, after once for nothing.
fn samples(count: usize, mut work: impl FnMut()) -> Vec<Duration> {
    work();
    (0..count).map(|_| timed(&mut work)).collect()
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn median(samples: &[Duration]) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}
