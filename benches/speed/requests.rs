//! What the proxy and the request's line cost.

use std::time::Instant;

use crate::median;
use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::fetch;
use crate::support::session::Session;
use crate::table::{Table, ms};

pub(crate) fn run(table: &mut Table) {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let mut session = Session::start(&env, &["--via", "none", "--exec", &app::command()]);
    let ready = session.wait_for("ready");
    let proxy = ready["app"].as_str().unwrap().to_owned();
    let app = format!(
        "http://127.0.0.1:{}",
        fetch("GET", &format!("{proxy}/port"))
    );
    let ask = |address: &str| {
        let began = Instant::now();
        fetch("GET", &format!("{address}/env"));
        began.elapsed()
    };
    // In turns, so that a change of load hits both alike.
    let pairs: Vec<_> = (0..500).map(|_| (ask(&app), ask(&proxy))).collect();
    let (plain, proxied): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    table.times("a request to the app itself", None, &plain);
    table.times("a request through the proxy", None, &proxied);
    let added = median(&proxied).saturating_sub(median(&plain));
    table.times(
        "added by the proxy (between the medians)",
        ms(0.1, 0.3),
        &[added],
    );
    session.interrupt();
}
