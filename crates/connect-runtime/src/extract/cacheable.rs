//! Pages that a browser may keep.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::{Visitor, app_of, note};
use crate::app::ConnectApp;

/// A page whose module is `"cacheable": true` in the descriptor.
///
/// The host opens it without any parameter and without a token, the same for everybody, so that
/// browsers can keep it. There is nothing to authenticate: ACE's `authenticate()` on such a page is
/// what fails with "Could not find authentication data on request". This type has no tenant, no
/// user and no context variables, so a page cannot ask for what it does not get:
///
/// ```compile_fail
/// async fn page(page: connect_runtime::CacheablePage) -> String {
///     page.tenant().client_key.to_string()
/// }
/// ```
///
/// The page's script asks the host for a token and sends it to a route of the app that takes a
/// [`ContextRequest`](super::ContextRequest):
///
/// ```js
/// AP.context.getToken(token =>
///   fetch("/api/me", { headers: { Authorization: "JWT " + token } }));
/// ```
#[derive(Clone, Debug)]
pub struct CacheablePage {
    #[cfg_attr(not(feature = "views"), expect(dead_code, reason = "views only"))]
    app: ConnectApp,
}

#[cfg(feature = "views")]
impl CacheablePage {
    /// Renders a view with the variables that are the same for everybody: `title`, `addonKey`,
    /// `localBaseUrl`, `hostScriptUrl`, and the values given here.
    ///
    /// # Errors
    /// [`ViewError`](crate::views::ViewError).
    pub fn view(
        &self,
        name: &str,
        values: &serde_json::Value,
    ) -> Result<axum::response::Html<String>, crate::views::ViewError> {
        let context = crate::page::StaticContext::new(&self.app);
        self.app.inner().views.render(name, &context, values)
    }
}

impl<S> FromRequestParts<S> for CacheablePage
where
    S: Send + Sync,
    ConnectApp: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        note(parts, Visitor::Cache);
        Ok(Self { app: app_of(state) })
    }
}
