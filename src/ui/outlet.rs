//! Where text leaves the program.
//!
//! As long as a signal ends the program by itself, whoever has a text writes it and waits until the
//! reader takes it. A command that hears signals itself must hear them also when nobody reads:
//! after [`attend`] each stream has a thread that writes, what waits for it is bounded, and what
//! comes when that is full is lost and counted. As long as somebody reads, a text is written when
//! [`Outlet::put`] returns all the same.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::CliError;
use crate::ui::progress;

/// Most that waits for a reader, in bytes; a text that is longer waits alone.
const ROOM: usize = 1 << 20;
/// How long a text that comes first waits until it is written, so that the two streams keep the
/// order of what happened, and a program that is killed has said what it did.
const TURN: Duration = Duration::from_millis(250);
/// How long an end waits for a reader who takes nothing. Shorter than what may be left of the time
/// for leaving, longer than a busy machine keeps a good reader.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long an end waits for a reader who takes little.
const LONGEST: Duration = Duration::from_secs(2);

/// Data for programs.
pub(super) static STDOUT: Outlet = Outlet::new(|bytes| write(&mut io::stdout().lock(), bytes));
/// Text for people.
pub(super) static STDERR: Outlet =
    Outlet::new(|bytes| progress::between(|| write(&mut io::stderr().lock(), bytes)));

/// One stream.
pub(super) struct Outlet {
    queue: Mutex<Queue>,
    changed: Condvar,
    write: fn(&[u8]),
}

struct Queue {
    /// A thread writes.
    attended: bool,
    /// It is writing now.
    busy: bool,
    waiting: VecDeque<Vec<u8>>,
    /// Bytes that wait.
    size: usize,
    /// Texts that were written.
    written: u64,
    /// Texts that found no room, since it was last told.
    lost: u64,
}

/// Writes what waits before the program ends, as far as it is read.
pub(crate) fn finish() {
    STDOUT.finish();
    STDERR.finish();
}

/// From now on no text keeps anybody waiting.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn attend() -> Result<(), CliError> {
    let attended = STDOUT.attend().and_then(|()| STDERR.attend());
    attended.map_err(|error| CliError::no_threads(&error))
}

impl Outlet {
    const fn new(write: fn(&[u8])) -> Self {
        Self {
            queue: Mutex::new(Queue {
                attended: false,
                busy: false,
                waiting: VecDeque::new(),
                size: 0,
                written: 0,
                lost: 0,
            }),
            changed: Condvar::new(),
            write,
        }
    }

    /// Writes a text, or leaves it to the thread that does. Answers with how many were lost before
    /// it, if that was not told yet.
    pub(super) fn put(&self, text: Vec<u8>) -> u64 {
        let mut queue = self.lock();
        if !queue.attended {
            drop(queue);
            (self.write)(&text);
            return 0;
        }
        if !queue.waiting.is_empty() && queue.size + text.len() > ROOM {
            queue.lost += 1;
            return 0;
        }
        let is_first = queue.waiting.is_empty() && !queue.busy;
        queue.size += text.len();
        queue.waiting.push_back(text);
        self.changed.notify_all();
        let (lost, before) = (std::mem::take(&mut queue.lost), queue.written);
        if is_first {
            let waits = |queue: &mut Queue| queue.written == before;
            drop(self.changed.wait_timeout_while(queue, TURN, waits));
        }
        lost
    }

    fn attend(&'static self) -> io::Result<()> {
        if std::mem::replace(&mut self.lock().attended, true) {
            return Ok(());
        }
        let started = thread::Builder::new().spawn(|| self.write_all());
        started.map(drop).inspect_err(|_| {
            self.lock().attended = false;
        })
    }

    /// Writes until the program ends. Its owner is [`finish`], which waits for the text, not for the
    /// thread: that may be stuck in a write for ever.
    fn write_all(&self) {
        let mut queue = self.lock();
        loop {
            let Some(text) = queue.waiting.pop_front() else {
                queue = (self.changed.wait(queue)).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            queue.size -= text.len();
            queue.busy = true;
            drop(queue);
            (self.write)(&text);
            queue = self.lock();
            queue.busy = false;
            queue.written += 1;
            self.changed.notify_all();
        }
    }

    fn finish(&self) {
        let began = Instant::now();
        let mut queue = self.lock();
        let mut written = queue.written;
        let mut moved = began;
        while queue.busy || !queue.waiting.is_empty() {
            let left = (PATIENCE.saturating_sub(moved.elapsed()))
                .min(LONGEST.saturating_sub(began.elapsed()));
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
            if written != queue.written {
                written = queue.written;
                moved = Instant::now();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader that went away is success.
fn write(stream: &mut impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Who lets the stream of the test write, and where it ends.
    struct Gate(mpsc::Receiver<()>, mpsc::Sender<Vec<u8>>);

    static GATE: Mutex<Option<Gate>> = Mutex::new(None);
    static SLOW: Outlet = Outlet::new(|bytes| {
        let gate = GATE.lock().unwrap();
        let Gate(may, written) = gate.as_ref().unwrap();
        let _ = may.recv();
        let _ = written.send(bytes.to_vec());
    });

    #[test]
    fn a_reader_who_stops_loses_what_has_no_room_and_nothing_else() {
        let (let_it, may) = mpsc::channel();
        let (tell, written) = mpsc::channel();
        *GATE.lock().unwrap() = Some(Gate(may, tell));
        SLOW.attend().unwrap();
        let text = |number: u8| vec![number; ROOM / 4];
        // The first is in the hands of the thread, or waits with the others.
        let mut number = 0;
        while SLOW.lock().lost == 0 {
            assert_eq!(SLOW.put(text(number)), 0);
            number += 1;
        }
        assert!((5..=6).contains(&number), "{number}");
        assert_eq!(SLOW.put(text(99)), 0);
        let kept = number - 1;
        // Nobody reads: the end does not wait for ever.
        let began = Instant::now();
        SLOW.finish();
        assert!(began.elapsed() >= PATIENCE);
        for expected in 0..kept {
            let_it.send(()).unwrap();
            let text = written.recv_timeout(Duration::from_secs(30)).unwrap();
            assert_eq!(text[0], expected);
        }
        let_it.send(()).unwrap();
        assert_eq!(SLOW.put(vec![100]), 2);
        SLOW.finish();
        assert_eq!(written.try_recv().unwrap(), [100]);
    }
}
