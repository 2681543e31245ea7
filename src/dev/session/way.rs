//! The way hosts take to the app, where a tunnel makes it: it may open late, be lost, and come
//! back with another address.

use connect_core::BaseUrl;

use crate::dev::event::{Effect, Notice};
use crate::dev::session::Session;
use crate::dev::session::app::{AppKind, AppWork};
use crate::dev::session::stop::Why;
use crate::error::CliError;
use crate::tunnel::News;

/// The way to the app.
#[derive(Debug)]
pub(super) struct Way {
    /// The last address; none before there was one.
    pub(super) address: Option<BaseUrl>,
    /// Whether it leads here now.
    pub(super) open: bool,
    /// The address that the last process of the app was started with.
    pub(super) given: Option<BaseUrl>,
    /// The address that the process knows which serves.
    pub(super) known: Option<BaseUrl>,
}

impl Way {
    pub(super) fn new(address: Option<BaseUrl>) -> Self {
        Self {
            open: address.is_some(),
            address,
            given: None,
            known: None,
        }
    }

    /// The address to register: one that leads here, to an app that knows it.
    pub(super) fn proven(&self) -> Option<&BaseUrl> {
        let address = self.address.as_ref().filter(|_| self.open)?;
        (self.known.as_ref() == Some(address)).then_some(address)
    }
}

impl Session {
    /// Something became of the tunnel.
    pub(super) fn tunnel(&mut self, news: News, effects: &mut Vec<Effect>) {
        if self.stop.is_some() {
            return;
        }
        match &news {
            News::Ended(error) => {
                self.way.open = false;
                let error = CliError::tunnel(error);
                self.begin_stop(Why::Failed(error), effects);
                return;
            }
            News::Lost { .. } => self.way.open = false,
            News::Opened { url, .. } => {
                self.way.open = true;
                let before = self.way.address.replace(url.clone());
                let runs = self.app.serving.is_some() || self.app.work == AppWork::Starting;
                // An app learns its address when it starts.
                self.app.due |= runs && before.as_ref() != Some(url);
                // What failed may have failed because there was no way.
                self.forget_failures();
            }
            News::Waiting(_) => {}
        }
        effects.push(Effect::Say(Notice::Tunnel(news)));
    }

    /// Starts the app if it is to be started and its address is known.
    pub(super) fn start_if_due(&mut self, effects: &mut Vec<Effect>) {
        let Some(address) = self.way.address.clone() else {
            return;
        };
        if !self.app.due || self.app.work != AppWork::Idle {
            return;
        }
        self.app.due = false;
        self.way.given = Some(address.clone());
        match self.app.kind {
            AppKind::Built | AppKind::Watched { in_place: false } => {}
            // The old one goes first.
            AppKind::Started | AppKind::Watched { in_place: true } => self.app.serving = None,
        }
        self.start_app(address, effects);
    }
}
