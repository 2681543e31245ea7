//! What becomes of changed settings: hosts come and go, log-ins are exchanged, the app starts again.

use crate::dev::event::{Effect, Notice, SettingsChange};
use crate::dev::session::Session;
use crate::dev::session::host::Host;
use crate::error::CliError;

/// How far reading the settings is.
#[derive(Debug, PartialEq)]
pub(super) enum SettingsState {
    /// As they were read last.
    Read,
    /// They are being read.
    Reading,
    /// They are being read and changed meanwhile.
    ReadingStale,
    /// They changed.
    Stale,
}

impl SettingsState {
    /// They changed.
    pub(super) fn touch(&mut self) {
        *self = match self {
            Self::Read | Self::Stale => Self::Stale,
            Self::Reading | Self::ReadingStale => Self::ReadingStale,
        };
    }
}

impl Session {
    pub(super) fn settings_read(
        &mut self,
        result: Result<SettingsChange, CliError>,
        effects: &mut Vec<Effect>,
    ) {
        self.settings = match self.settings {
            SettingsState::ReadingStale => SettingsState::Stale,
            _ => SettingsState::Read,
        };
        let change = match result {
            Ok(change) => change,
            Err(error) => {
                self.problem(error, effects);
                effects.push(Effect::Say(Notice::LastGoodStays));
                return;
            }
        };
        for (id, half) in &change.renewed {
            if let Some(host) = self.hosts.get_mut(id.0) {
                host.forget_failures();
                host.gone = false;
                host.half = *half;
            }
        }
        for id in &change.gone {
            if let Some(host) = self.hosts.get_mut(id.0) {
                host.forget_failures();
                host.gone = true;
            }
        }
        let added = change.added.iter().copied();
        self.hosts.extend(added.map(Host::new));
        self.app.restart |= change.restart;
        if change != SettingsChange::default() {
            effects.push(Effect::Say(Notice::SettingsGood(change)));
        }
    }
}
