//! A line on the terminal while a wait goes on: what we wait for, and for how long.
//!
//! It is extra. The plain lines say all there is to know, and the line goes before any of them is
//! written. A child writes to the terminal by itself; then what is left of the line stays above.
//! A build has none for that reason: cargo shows its own.

use std::future::Future;
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter waits show nothing.
const QUICK: Duration = Duration::from_millis(300);
/// Time between two pictures.
const TICK: Duration = Duration::from_millis(120);

/// The terminal is one, so its lines are.
static LINES: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
/// There was a line.
static USED: AtomicBool = AtomicBool::new(false);

/// Waits for some work and shows that it goes on, unless it is quick.
pub(super) async fn show_while<T>(word: &str, object: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(QUICK, work.as_mut()).await {
        return done;
    }
    let _line = Line::show(word, object);
    work.await
}

/// Writes something between the lines of waits.
pub(super) fn between(write: impl FnOnce()) {
    if USED.load(Ordering::Relaxed) {
        LINES.suspend(write);
    } else {
        write();
    }
}

fn add(line: ProgressBar) -> ProgressBar {
    USED.store(true, Ordering::Relaxed);
    LINES.add(line)
}

/// A line; it goes when this is dropped, which is also what happens to work that is given up.
struct Line(ProgressBar);

impl Line {
    fn show(word: &str, object: &str) -> Self {
        let line = add(ProgressBar::new_spinner().with_elapsed(QUICK));
        // The default style is used if the template were wrong, which a test would see.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            line.set_style(style.tick_chars("|/-\\ "));
        }
        line.set_prefix(word.to_owned());
        line.set_message(object.to_owned());
        line.enable_steady_tick(TICK);
        Self(line)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        LINES.remove(&self.0);
    }
}

/// A count that grows while long work goes on; gone when dropped.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// `total` is known for work of a known length.
    pub(super) fn show(word: &str, total: Option<u64>) -> Self {
        let line = add(match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        });
        let template = total.map_or(COUNTER, |_| BAR);
        if let Ok(style) = ProgressStyle::with_template(template) {
            line.set_style(style.tick_chars("|/-\\ ").progress_chars("=> "));
        }
        line.set_prefix(word.to_owned());
        line.enable_steady_tick(TICK);
        Self(Some(line))
    }

    /// None, where nothing may move.
    pub(super) fn hidden() -> Self {
        Self(None)
    }

    /// How far the work is.
    pub(crate) fn set(&self, done: u64) {
        if let Some(line) = &self.0 {
            line.set_position(done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.finish_and_clear();
            LINES.remove(line);
        }
    }
}

/// As a status line, with a count.
const COUNTER: &str = "{prefix:>12.cyan.bold} {human_pos} {elapsed} {spinner}";

/// As a status line, with a bar.
const BAR: &str = "{prefix:>12.cyan.bold} [{wide_bar}] {percent:>3} % {eta:>4}";

/// As a status line, with what moves at its end.
const TEMPLATE: &str = "{prefix:>12.cyan.bold} {wide_msg} {elapsed} {spinner}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one() {
        for template in [BAR, COUNTER, TEMPLATE] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[tokio::test]
    async fn work_is_waited_for_whether_quick_or_not() {
        for time in [QUICK / 10, QUICK + TICK] {
            let work = tokio::time::timeout(time, std::future::pending::<()>());
            let began = tokio::time::Instant::now();
            assert!(show_while("Waiting", "for it", work).await.is_err());
            assert!(began.elapsed() >= time);
        }
    }
}
