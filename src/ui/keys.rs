//! Single keys from the terminal, while a command goes on.
//!
//! Line editing and echo are off meanwhile; the keys that send signals work as ever. Whatever the
//! terminal was, it is again when [`Keys`] is dropped.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::OFlags;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::net::unix::pipe::Receiver;

/// The terminal that we are started from, in the mode for single keys.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Read as a pipe is: what tokio has for that asks for nothing but a readable file.
    terminal: Receiver,
    before: Termios,
}

impl Keys {
    /// Takes the keys of the terminal; none if there is none, or another program has it: changing
    /// its mode would stop us.
    pub(crate) fn take() -> Option<Self> {
        // Opened anew: stdin is shared with whoever started us, and stays as it is.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(flags.bits()).ok()?)
            .open("/dev/tty")
            .ok()?;
        let before = tcgetattr(&terminal).ok()?;
        let keys = Self {
            terminal: Receiver::from_file_unchecked(terminal).ok()?,
            before,
        };
        keys.enter().then_some(keys)
    }

    /// Sets the mode, at the start and after the user had put us into the background.
    pub(crate) fn enter(&self) -> bool {
        let terminal = &self.terminal;
        if tcgetpgrp(terminal).ok() != Some(getpgrp()) {
            return false;
        }
        let mut mode = self.before.clone();
        mode.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        tcsetattr(terminal, OptionalActions::Now, &mode).is_ok()
    }

    /// The next key, small as it is; none at the end of the terminal.
    pub(crate) async fn next(&self) -> Option<char> {
        loop {
            self.terminal.readable().await.ok()?;
            let mut byte = [0];
            match self.terminal.try_read(&mut byte) {
                Ok(1) => return Some(char::from(byte[0]).to_ascii_lowercase()),
                Err(error) if is_passing(error.kind()) => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }
}

/// Somebody else was faster, or a signal came.
fn is_passing(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

impl Drop for Keys {
    fn drop(&mut self) {
        let terminal = &self.terminal;
        if tcgetpgrp(terminal).ok() == Some(getpgrp()) {
            let _ = tcsetattr(terminal, OptionalActions::Now, &self.before);
        }
    }
}
