//! Calls to the product of a Forge installation.

use connect_core::{BaseUrl, InstallationId};
use http::Method;

use crate::{
    app::ConnectApp,
    client::{Actor, Caller, HostCall, To, methods},
};

/// Calls the product of one Forge installation, as the app or as the user of the invocation.
///
/// Paths are relative to the API base URL that Forge names, `https://api.atlassian.com/ex/jira/…`:
/// the same as below a site, with `/wiki` before those of Confluence. Nothing is sent to another
/// host, and redirects are not followed.
#[derive(Clone, Debug)]
pub struct ForgeClient {
    caller: Caller,
}

methods!(ForgeClient);

impl ForgeClient {
    pub(super) fn new(app: ConnectApp, id: InstallationId, api: BaseUrl, actor: Actor) -> Self {
        Self {
            caller: Caller {
                app,
                to: To::Installation { id, api },
                actor,
            },
        }
    }

    /// True when there is a token to call with. Without one every call is an error before it is
    /// sent.
    pub fn has_token(&self) -> bool {
        matches!(self.caller.actor, Actor::Bearer(Some(_)))
    }

    /// A call with any method.
    pub fn call(&self, method: Method, path: &str) -> HostCall {
        HostCall::new(self.caller.clone(), method, path)
    }
}
