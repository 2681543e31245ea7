//! The checks as a layer, before handlers.

use std::{
    convert::Infallible,
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context as Poller, Poll},
};

use axum::{
    extract::{FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use connect_core::{AccountId, Claims};
use tower::{Layer, Service};

use super::{ConfluencePermissions, ConfluencePlace, JiraPermissions, JiraPlace, PermissionError};
use crate::{
    app::ConnectApp,
    client::HostClient,
    extract::{ContextRequest, HostRequest},
    rejection::Rejection,
};

/// Lets requests through whose user has every permission that is asked for, in the place that the
/// request's token names.
///
/// The token is proved first, as the request type `A` does it; a handler behind the layer takes
/// that type as well.
///
/// ```
/// use connect_runtime::{ConnectApp, HostRequest, JiraPermissions, RequirePermissions, Routes};
///
/// async fn settings(_: HostRequest) -> &'static str {
///     "for administrators of the project"
/// }
///
/// let asked = JiraPermissions::new().project(["ADMINISTER_PROJECTS"]);
/// let routes: Routes<ConnectApp> = Routes::new()
///     .get("/settings", settings)
///     .layer(RequirePermissions::<HostRequest>::jira(asked));
/// ```
pub struct RequirePermissions<A = HostRequest> {
    asked: Arc<Asked>,
    access: PhantomData<fn() -> A>,
}

#[derive(Debug)]
enum Asked {
    Confluence(ConfluencePermissions),
    Jira(JiraPermissions),
}

/// A request type whose token names a user and a place: [`HostRequest`] and [`ContextRequest`].
pub trait Visited:
    FromRequestParts<ConnectApp, Rejection = Rejection> + Send + sealed::Sealed
{
    /// The user, unless the visitor is anonymous.
    fn visitor(&self) -> Option<AccountId>;
    /// Everything the token says.
    fn claims(&self) -> &Claims;
    /// A client that calls the tenant's product as the app.
    fn client(&self) -> HostClient;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ContextRequest {}
    impl Sealed for super::HostRequest {}
}

macro_rules! visited {
    ($request:ty) => {
        impl Visited for $request {
            fn visitor(&self) -> Option<AccountId> {
                self.account_id()
            }
            fn claims(&self) -> &Claims {
                <$request>::claims(self)
            }
            fn client(&self) -> HostClient {
                <$request>::client(self)
            }
        }
    };
}

visited!(ContextRequest);
visited!(HostRequest);

/// What [`RequirePermissions`] makes of a service.
pub struct Required<S, A> {
    inner: S,
    layer: RequirePermissions<A>,
}

impl<A> RequirePermissions<A> {
    /// Asks Jira.
    pub fn jira(asked: JiraPermissions) -> Self {
        Self::new(Asked::Jira(asked))
    }

    /// Asks Confluence.
    pub fn confluence(asked: ConfluencePermissions) -> Self {
        Self::new(Asked::Confluence(asked))
    }

    fn new(asked: Asked) -> Self {
        Self {
            asked: Arc::new(asked),
            access: PhantomData,
        }
    }
}

impl Asked {
    /// Proves the request and asks the product; gives it back when it may go on.
    async fn check<A: Visited>(&self, request: Request) -> Result<Request, Rejection> {
        let app = request.extensions().get::<ConnectApp>().cloned();
        let app = app.ok_or(PermissionError::NoApp)?;
        let (mut parts, body) = request.into_parts();
        let visit = A::from_request_parts(&mut parts, &app).await?;
        let (client, user) = (visit.client(), visit.visitor());
        let context = visit.claims().context.as_ref();
        match self {
            Self::Confluence(asked) => {
                let place = ConfluencePlace::of_context(context);
                client
                    .check_confluence(user.as_ref(), asked, &place)
                    .await?;
            }
            Self::Jira(asked) => {
                let place = JiraPlace::of_context(context);
                client.check_jira(user.as_ref(), asked, &place).await?;
            }
        }
        Ok(Request::from_parts(parts, body))
    }
}

impl<S, A> Layer<S> for RequirePermissions<A> {
    type Service = Required<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Required {
            inner,
            layer: self.clone(),
        }
    }
}

impl<S, A> Service<Request> for Required<S, A>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    A: Visited + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, poller: &mut Poller<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(poller)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready goes along; its clone takes its place.
        let clone = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, clone);
        let asked = Arc::clone(&self.layer.asked);
        Box::pin(async move {
            match asked.check::<A>(request).await {
                Ok(request) => ready.call(request).await,
                Err(rejection) => Ok(rejection.into_response()),
            }
        })
    }
}

impl<A> Clone for RequirePermissions<A> {
    fn clone(&self) -> Self {
        Self {
            asked: Arc::clone(&self.asked),
            access: PhantomData,
        }
    }
}

impl<S: Clone, A> Clone for Required<S, A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<A> fmt::Debug for RequirePermissions<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequirePermissions")
            .field(&self.asked)
            .finish()
    }
}

impl<S, A> fmt::Debug for Required<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Required").field(&self.layer).finish()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn outside_an_app_the_layer_lets_nobody_through() {
        let asked = JiraPermissions::new().global(["ADMINISTER"]);
        let router = Router::<()>::new()
            .route("/x", get(async || "open"))
            .layer(RequirePermissions::<HostRequest>::jira(asked));
        let request = Request::builder().uri("/x").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
}
