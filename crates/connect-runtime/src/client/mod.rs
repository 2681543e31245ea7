//! Calls to a tenant's product: signed as the app, with a user's token, or as nobody.

use std::sync::Arc;

use connect_core::{AccountId, BaseUrl, InstallationId, Secret, Tenant, impersonation::Scopes};
use http::Method;

use crate::app::ConnectApp;

mod body;
mod call;
mod error;
mod own;
mod pages;
mod response;
mod send;
mod url;

pub use body::Multipart;
pub use call::HostCall;
pub use error::{Call, Callee, HostError};
pub use own::{AddonInfo, AddonLicense, AddonState, DynamicModules, Properties};
pub use pages::Pages;
pub(crate) use response::host_message;
pub use response::{Download, HostResponse};

/// Calls one tenant's product: as the app, as one of its users, or as nobody.
///
/// A call as the app is signed for its method, path and query, in the header `Authorization: JWT`,
/// never in the URL. A path is relative to the tenant's base URL, context path included. Nothing
/// is sent to another host, and redirects are not followed.
///
/// ```no_run
/// # use connect_runtime::{HandlerError, HostRequest};
/// # async fn of(request: HostRequest) -> Result<(), HandlerError> {
/// let client = request.client();
/// let me: serde_json::Value = client.get("/rest/api/3/myself").fetch().await?;
/// if let Some(user) = request.account_id() {
///     let issue = serde_json::json!({ "fields": { "summary": "done" } });
///     client.as_user(&user).put("/rest/api/3/issue/PLAN-7").json(&issue).send().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HostClient {
    tenant: Arc<Tenant>,
    caller: Caller,
}

/// Who calls whom: all that a call needs to know of its client.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) app: ConnectApp,
    pub(crate) to: To,
    pub(crate) actor: Actor,
}

/// Who is called.
#[derive(Clone, Debug)]
pub(crate) enum To {
    Installation { id: InstallationId, api: BaseUrl },
    Tenant(Arc<Tenant>),
}

/// As whom.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// As the app, with a token made for each call.
    App,
    /// With a token that somebody gave us; without one the call cannot be made.
    Bearer(Option<Secret>),
    /// As nobody: the way a visitor sees the product who is not logged in.
    Nobody,
    /// As a user of the tenant.
    User {
        account_id: AccountId,
        scopes: Scopes,
    },
}

/// The methods that every client has.
macro_rules! methods {
    ($client:ty) => {
        impl $client {
            /// Reads.
            pub fn get(&self, path: &str) -> $crate::client::HostCall {
                self.call(http::Method::GET, path)
            }

            /// Asks for the headers only.
            pub fn head(&self, path: &str) -> $crate::client::HostCall {
                self.call(http::Method::HEAD, path)
            }

            /// Sends something new.
            pub fn post(&self, path: &str) -> $crate::client::HostCall {
                self.call(http::Method::POST, path)
            }

            /// Replaces.
            pub fn put(&self, path: &str) -> $crate::client::HostCall {
                self.call(http::Method::PUT, path)
            }

            /// Changes a part.
            pub fn patch(&self, path: &str) -> $crate::client::HostCall {
                self.call(http::Method::PATCH, path)
            }

            /// Removes.
            pub fn delete(&self, path: &str) -> $crate::client::HostCall {
                self.call(http::Method::DELETE, path)
            }
        }
    };
}
pub(crate) use methods;

methods!(HostClient);

impl HostClient {
    pub(crate) fn new(app: ConnectApp, tenant: Arc<Tenant>) -> Self {
        let caller = Caller {
            app,
            to: To::Tenant(Arc::clone(&tenant)),
            actor: Actor::App,
        };
        Self { tenant, caller }
    }

    /// The tenant whose product is called.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The same product, as the app.
    #[must_use]
    pub fn as_app(&self) -> Self {
        self.acting(Actor::App)
    }

    /// The same product as this user, with all that the app's scopes allow.
    ///
    /// Needs the scope `ACT_AS_USER` in the descriptor. The token for it is asked for at the first
    /// call and kept until shortly before it expires.
    #[must_use]
    pub fn as_user(&self, account_id: &AccountId) -> Self {
        self.as_user_with(account_id, &Scopes::all())
    }

    /// The same product as this user, with no more than these of the app's scopes.
    #[must_use]
    pub fn as_user_with(&self, account_id: &AccountId, scopes: &Scopes) -> Self {
        self.acting(Actor::User {
            account_id: account_id.clone(),
            scopes: scopes.clone(),
        })
    }

    /// The same product as a visitor who is not logged in: nothing is signed.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        self.acting(Actor::Nobody)
    }

    /// A call with any method.
    pub fn call(&self, method: Method, path: &str) -> HostCall {
        HostCall::new(self.caller.clone(), method, path)
    }

    /// A call of another host, by its whole URL, unsigned and in nobody's name: the only way to
    /// leave the tenant's product.
    pub fn foreign(&self, method: Method, url: &str) -> HostCall {
        HostCall::foreign(self.anonymous().caller, method, url)
    }

    pub(crate) fn app(&self) -> &ConnectApp {
        &self.caller.app
    }

    fn acting(&self, actor: Actor) -> Self {
        Self {
            tenant: Arc::clone(&self.tenant),
            caller: Caller {
                actor,
                ..self.caller.clone()
            },
        }
    }
}

impl To {
    /// What paths are relative to.
    fn base_url(&self) -> &BaseUrl {
        match self {
            Self::Installation { api, .. } => api,
            Self::Tenant(tenant) => &tenant.base_url,
        }
    }

    fn callee(&self) -> Callee {
        match self {
            Self::Installation { id, .. } => Callee::Installation(id.clone()),
            Self::Tenant(tenant) => Callee::Tenant(tenant.client_key.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
