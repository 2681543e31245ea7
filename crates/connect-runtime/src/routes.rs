//! Routes that cannot forget to authenticate.

use std::convert::Infallible;

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodRouter, Route, delete, get, patch, post, put},
};
use http::Method;
use tower::{Layer, Service};

use crate::{app::ConnectApp, extract::Access};

/// The routes of an app.
///
/// A handler's first argument says who may call it, and a handler without one is not a route:
///
/// ```
/// use connect_runtime::{ConnectApp, HostRequest, PublicRoute, Routes};
///
/// async fn page(request: HostRequest) -> String {
///     format!("hello {}", request.tenant().client_key)
/// }
///
/// async fn health(_: PublicRoute) -> &'static str {
///     "ok"
/// }
///
/// let routes: Routes<ConnectApp> = Routes::new().get("/page", page).get("/healthz", health);
/// ```
///
/// ```compile_fail
/// use connect_runtime::{ConnectApp, Routes};
///
/// async fn forgetful() -> &'static str {
///     "everybody may read this"
/// }
///
/// let routes: Routes<ConnectApp> = Routes::new().get("/page", forgetful);
/// ```
#[derive(Debug)]
pub struct Routes<S = crate::ConnectApp>(Router<S>);

/// The arguments of a handler whose first one is an [`Access`].
pub trait Guarded {}

macro_rules! guarded {
    ($($rest:ident),*) => {
        impl<M, A: Access, $($rest),*> Guarded for (M, A, $($rest,)*) {}
    };
}

guarded!();
guarded!(T1);
guarded!(T1, T2);
guarded!(T1, T2, T3);
guarded!(T1, T2, T3, T4);
guarded!(T1, T2, T3, T4, T5);
guarded!(T1, T2, T3, T4, T5, T6);
guarded!(T1, T2, T3, T4, T5, T6, T7);

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet.
    pub fn new() -> Self {
        Self(Router::new())
    }

    /// Answers DELETE.
    #[must_use]
    pub fn delete<T: Guarded + 'static>(self, path: &str, handler: impl Handler<T, S>) -> Self {
        self.add(path, delete(handler))
    }

    /// Answers GET and HEAD.
    #[must_use]
    pub fn get<T: Guarded + 'static>(self, path: &str, handler: impl Handler<T, S>) -> Self {
        self.add(path, get(handler))
    }

    /// Answers PATCH.
    #[must_use]
    pub fn patch<T: Guarded + 'static>(self, path: &str, handler: impl Handler<T, S>) -> Self {
        self.add(path, patch(handler))
    }

    /// Answers POST.
    #[must_use]
    pub fn post<T: Guarded + 'static>(self, path: &str, handler: impl Handler<T, S>) -> Self {
        self.add(path, post(handler))
    }

    /// Answers PUT.
    #[must_use]
    pub fn put<T: Guarded + 'static>(self, path: &str, handler: impl Handler<T, S>) -> Self {
        self.add(path, put(handler))
    }

    /// Puts a layer before the routes that are there so far, such as
    /// [`RequirePermissions`](crate::RequirePermissions). Routes that are added later are not
    /// behind it.
    ///
    /// # Panics
    /// When there are no routes yet, because then it would stand before nothing.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        Self(self.0.route_layer(layer))
    }

    /// Adds the routes of another set.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self(self.0.merge(other.0))
    }

    /// Adds another app with its routes, below the path of its base URL: one server for two apps,
    /// each with a descriptor, an audience and tenants of its own.
    ///
    /// # Panics
    /// When the other app's base URL has no path, because then the two cannot be told apart.
    #[must_use]
    pub fn mount(self, other: &ConnectApp, routes: Routes) -> Self {
        let path = other.config().local_base_url.path();
        Self(self.0.nest_service(path, other.router(routes)))
    }

    /// Adds an axum router as it is, whose handlers anybody may call unless they check themselves:
    /// static files, another crate's routes.
    #[must_use]
    pub fn merge_public(self, router: Router<S>) -> Self {
        Self(self.0.merge(router))
    }

    pub(crate) fn into_router(self) -> Router<S> {
        self.0
    }

    fn add(self, path: &str, handler: MethodRouter<S, Infallible>) -> Self {
        Self(self.0.route(path, handler))
    }
}

/// Methods whose form body may hold the token and be part of the hash.
pub(crate) fn takes_form(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT)
}
