//! Connections that leave HTTP: WebSockets, and whatever else client and app agree on (RFC 9110,
//! section 7.8). The request that asks is one like any other; from the app's 101 on, bytes pass
//! both ways unseen, until both sides have ended or the proxy has.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::{self, HeaderValue};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{HeaderMap, Request, Response, Version};
use hyper_util::rt::TokioIo;

/// HTTP/2 without TLS: its requests would pass the inspector unseen, and RFC 9113 (section 3.1)
/// has given this way up.
const HTTP2: &[u8] = b"h2c";

/// What a client wants to change to.
pub(super) struct Wanted {
    protocols: Vec<HeaderValue>,
    client: OnUpgrade,
}

/// The two connections of one that has left HTTP, while it waits for the client's to be ready.
/// Clones are the same place.
#[derive(Clone, Default)]
pub(super) struct Crossing(Arc<Mutex<Option<(OnUpgrade, OnUpgrade)>>>);

/// Takes out what a request wants to change to; none if it wants nothing, or nothing that we let
/// through. Its fields are left for whoever takes out those of the connection.
pub(super) fn take<B>(request: &mut Request<B>) -> Option<Wanted> {
    // Older versions cannot ask (RFC 9110, section 7.8).
    if request.version() != Version::HTTP_11 || !names_upgrade(request.headers()) {
        return None;
    }
    let protocols = request.headers().get_all(header::UPGRADE).iter();
    let protocols: Vec<_> = protocols.cloned().collect();
    // SECURITY: no request goes past the inspector. Test: http_2_is_not_changed_to.
    let offered = || {
        protocols
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
    };
    let refused = offered().any(|name| name.trim_ascii().eq_ignore_ascii_case(HTTP2));
    if protocols.is_empty() || refused {
        return None;
    }
    let client = hyper::upgrade::on(request);
    Some(Wanted { protocols, client })
}

/// Asks the other side to change to this.
pub(super) fn ask<'v>(
    headers: &mut HeaderMap,
    protocols: impl IntoIterator<Item = &'v HeaderValue>,
) {
    for protocol in protocols {
        headers.append(header::UPGRADE, protocol.clone());
    }
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
}

fn names_upgrade(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONNECTION).iter();
    let mut names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
}

impl Wanted {
    /// What it is.
    pub(super) fn protocols(&self) -> &[HeaderValue] {
        &self.protocols
    }

    /// Notes that the app has agreed.
    pub(super) fn agreed<B>(self, answer: &mut Response<B>, crossing: &Crossing) {
        let both = (self.client, hyper::upgrade::on(answer));
        let mut place = crossing.0.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(both);
    }
}

impl Crossing {
    /// Lets bytes pass, once the connection has left HTTP; at once if it has not.
    pub(super) async fn pass(self) {
        let taken = {
            let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            place.take()
        };
        let Some((client, app)) = taken else {
            return;
        };
        // A side that is gone has ended it.
        if let Ok((client, app)) = tokio::try_join!(client, app) {
            join(client, app).await;
        }
    }
}

async fn join(client: Upgraded, app: Upgraded) {
    let (mut client, mut app) = (TokioIo::new(client), TokioIo::new(app));
    // A broken connection is its two ends' trouble.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut app).await;
}
