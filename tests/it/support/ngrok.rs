//! A project whose tunnel leads to a double of ngrok's server.

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::FakeHost;
use crate::support::ngrok_edge::{Behaviour, NgrokEdge};
use crate::support::session::Session;

/// The authtoken of the project.
pub(crate) const TOKEN: &str = "2abcMadeUpAuthtoken_5xyz";

/// A double of ngrok's server, and what it runs on.
pub(crate) struct Ngrok {
    pub(crate) runtime: Runtime,
    pub(crate) edge: NgrokEdge,
}

impl Ngrok {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let edge = runtime.block_on(NgrokEdge::start(behaviour));
        Self { runtime, edge }
    }

    /// A project that has an authtoken and these hosts.
    pub(crate) fn project(&self, hosts: &[&FakeHost]) -> TestEnv {
        let env = TestEnv::new()
            .with("CONNECT_NGROK_SERVER", &self.edge.address)
            .with("CONNECT_NGROK_CA", "edge.pem")
            .with_descriptor(&app::descriptor("com.example.a", "One"))
            .with_hosts(hosts);
        let mut file: Value = serde_json::from_str(&env.read("credentials.json")).unwrap();
        file["ngrok"] = json!({ "authtoken": TOKEN });
        env.write("credentials.json", &file.to_string());
        env.write("edge.pem", &self.edge.ca);
        env
    }
}

/// Starts a session that asks for the tunnel, because its hosts are on this machine.
pub(crate) fn start(env: &TestEnv, more: &[&str]) -> Session {
    let command = app::command();
    let arguments = ["--tunnel", "ngrok", "--exec", &command];
    Session::start(env, &[&arguments, more].concat())
}
