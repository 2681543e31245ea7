//! What a child writes, line by line.

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;

/// Longest line that is looked at, in bytes; the rest of it is dropped.
const LONGEST_LINE: usize = 4096;

/// The lines of a pipe, each cut to [`LONGEST_LINE`].
#[derive(Debug)]
pub(super) struct Lines {
    pipe: Option<ChildStderr>,
    buffer: Vec<u8>,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn new(pipe: Option<ChildStderr>) -> Self {
        Self {
            pipe,
            buffer: Vec::new(),
            line: Vec::new(),
        }
    }

    /// The next line; none at the end of the pipe. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                let piece = std::mem::replace(&mut self.buffer, rest);
                self.keep(&piece);
                return Some(self.take());
            }
            let piece = std::mem::take(&mut self.buffer);
            self.keep(&piece);
            self.buffer.reserve(LONGEST_LINE);
            match self.pipe.as_mut()?.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => {
                    self.pipe = None;
                    return (!self.line.is_empty()).then(|| self.take());
                }
                Ok(_) => {}
            }
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn take(&mut self) -> String {
        let line = std::mem::take(&mut self.line);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }
}
