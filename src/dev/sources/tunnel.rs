//! What becomes of the tunnel.

use tokio::sync::mpsc::{Receiver, Sender};

use crate::dev::event::Event;
use crate::host::BoxFuture;
use crate::tunnel::News;

/// Says `Tunnel` for each piece of news.
pub(crate) fn source(mut news: Receiver<News>, events: Sender<Event>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        while let Some(one) = news.recv().await {
            if events.send(Event::Tunnel(one)).await.is_err() {
                return;
            }
        }
    })
}
