//! What becomes of the tunnel.

use tokio::sync::mpsc::{Receiver, Sender};

use crate::dev::event::Event;
use crate::host::BoxFuture;
use crate::tunnel::News;
use crate::ui::Ui;

/// Says `Tunnel` for each piece of news; until the first one, a line may show what is waited for.
pub(crate) fn source(
    mut news: Receiver<News>,
    events: Sender<Event>,
    waiting: Option<(Ui, String)>,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut next = match &waiting {
            Some((ui, what)) => ui.wait("Waiting", what, news.recv()).await,
            None => news.recv().await,
        };
        while let Some(one) = next {
            if events.send(Event::Tunnel(one)).await.is_err() {
                return;
            }
            next = news.recv().await;
        }
    })
}
