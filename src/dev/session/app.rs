//! The app's process as a session sees it: built, started, started again, gone.

use connect_core::BaseUrl;

use crate::dev::event::{Built, Effect, Generation, Notice};
use crate::dev::session::Session;
use crate::dev::session::stop::Why;
use crate::error::CliError;

/// How the app comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppKind {
    /// It is built from source, and again when a source changes.
    Built,
    /// It is started, once.
    Started,
    /// It is started, and again when a source changes.
    Watched {
        /// The old process has to go before the new one can start: both have the same port.
        in_place: bool,
    },
}

#[derive(Debug)]
pub(super) struct App {
    pub(super) kind: AppKind,
    /// What is going on with it.
    pub(super) work: AppWork,
    /// A source changed; build or start again when nothing is going on.
    pub(super) stale: bool,
    /// Its settings changed; start it again when nothing is going on.
    pub(super) restart: bool,
    /// It is to be started, once its address is known and nothing is going on.
    pub(super) due: bool,
    /// The process that serves, if any.
    pub(super) serving: Option<Generation>,
    /// The last number given.
    pub(super) last: Generation,
}

#[derive(Debug, PartialEq)]
pub(super) enum AppWork {
    Building,
    Idle,
    Starting,
}

/// The number of the first process.
const FIRST: Generation = Generation(1);

impl App {
    pub(super) fn new(kind: AppKind) -> Self {
        Self {
            kind,
            work: AppWork::Idle,
            stale: false,
            restart: false,
            due: false,
            serving: None,
            last: Generation(0),
        }
    }
}

impl Session {
    pub(super) fn app_built(&mut self, result: Result<Built, CliError>, effects: &mut Vec<Effect>) {
        self.app.work = AppWork::Idle;
        match result {
            Err(error) => self.problem(error, effects),
            Ok(Built::Same) if self.app.serving.is_some() => {}
            Ok(_) if self.app.stale || self.stop.is_some() => {}
            Ok(built) => {
                if let Built::New(took) = built {
                    effects.push(Effect::Say(Notice::Built(took)));
                }
                self.app.due = true;
            }
        }
    }

    pub(super) fn start_app(&mut self, address: BaseUrl, effects: &mut Vec<Effect>) {
        self.app.work = AppWork::Starting;
        self.app.last.0 += 1;
        // It is one server: it has started when it serves the first of its descriptors.
        let first = &self.halves[0];
        let known = (!first.broken).then_some(first.good.as_ref());
        effects.push(Effect::StartApp {
            generation: self.app.last,
            key: known.flatten().map(|descriptor| descriptor.key.clone()),
            address,
        });
    }

    pub(super) fn app_started(
        &mut self,
        generation: Generation,
        result: Result<(), CliError>,
        effects: &mut Vec<Effect>,
    ) {
        self.app.work = AppWork::Idle;
        match result {
            Ok(()) => {
                self.app.serving = Some(generation);
                self.way.known = self.way.given.clone();
                effects.push(Effect::Say(Notice::AppStarted));
                // What a host refused because of the app deserves another try.
                self.forget_failures();
            }
            Err(error) => match self.app.kind {
                AppKind::Started => self.begin_stop(Why::Failed(error), effects),
                // What never ran is not a matter of the last save.
                AppKind::Watched { .. } if generation == FIRST => {
                    self.begin_stop(Why::Failed(error), effects);
                }
                AppKind::Built | AppKind::Watched { .. } => self.problem(error, effects),
            },
        }
    }

    pub(super) fn app_exited(
        &mut self,
        generation: Generation,
        status: &str,
        effects: &mut Vec<Effect>,
    ) {
        if self.app.serving != Some(generation) {
            return;
        }
        self.app.serving = None;
        if self.stop.is_some() {
            return;
        }
        let error = CliError::app_exited(status);
        let again = match self.app.kind {
            AppKind::Built => "save a source file to build and start it again",
            AppKind::Started => return self.begin_stop(Why::Failed(error), effects),
            AppKind::Watched { .. } => "save a source file to start it again",
        };
        self.problem(error.hint(again), effects);
    }

    /// Orders what is to be done with the app now, short of starting it.
    pub(super) fn go_on_with_app(&mut self, effects: &mut Vec<Effect>) {
        if self.app.work != AppWork::Idle {
            return;
        }
        if self.app.restart && !self.app.stale {
            self.app.restart = false;
            // What does not run yet reads its settings when it starts.
            self.app.due |= self.app.serving.is_some();
        }
        if !self.app.stale {
            return;
        }
        match self.app.kind {
            AppKind::Built => {
                self.app.stale = false;
                self.app.work = AppWork::Building;
                effects.push(Effect::Say(Notice::Building));
                effects.push(Effect::BuildApp);
            }
            // Its descriptor is compared with ours, so ours is read first.
            AppKind::Started | AppKind::Watched { .. } if self.halves[0].reading => {}
            AppKind::Started | AppKind::Watched { .. } => {
                self.app.stale = false;
                self.app.restart = false;
                self.app.due = true;
            }
        }
    }
}
