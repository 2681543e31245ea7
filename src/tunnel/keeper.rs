//! Opens a tunnel, proves it, and opens it again when it is lost.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use connect_core::BaseUrl;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::tunnel::backoff::Backoff;
use crate::tunnel::error::Outlook;
use crate::tunnel::probe::Heard;
use crate::tunnel::race::{pause, race};
use crate::tunnel::{Probe, Tunnel, TunnelError};

/// What became of a tunnel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// There will be none.
    Ended(TunnelError),
    /// It is gone, or could not be opened again; it is tried again.
    Lost {
        /// Why.
        error: TunnelError,
        /// How many times it was tried since it was last open.
        tries: u32,
    },
    /// It is open and leads here.
    Opened {
        /// The public address.
        url: BaseUrl,
        /// From the try that opened it to the proof.
        took: Duration,
    },
    /// It is open, but nothing comes through yet.
    Waiting(TunnelError),
}

/// How patient to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Pause before the second try; doubles from then on.
    pub(super) first: Duration,
    /// Longest pause between tries.
    pub(super) longest: Duration,
    /// How long a tunnel must have held for the pauses to begin anew.
    pub(super) steady: Duration,
    /// Pause where trying soon makes it worse.
    pub(super) slow: Duration,
    /// How long the first opening may take, all tries together.
    pub(super) start: Duration,
    /// How long something may take to come through an open tunnel.
    pub(super) ready: Duration,
    /// When it is said that nothing comes through yet.
    pub(super) patience: Duration,
    /// Time between two probes.
    pub(super) every: Duration,
    /// Time between two probes after one that failed.
    pub(super) again: Duration,
    /// Longest wait for the answer to a probe.
    pub(super) answer: Duration,
    /// Probes in a row that fail before the tunnel counts as lost.
    pub(super) misses: u32,
    /// How often the clock is looked at.
    pub(super) tick: Duration,
    /// A look at the clock that comes this much too late comes after a sleep.
    pub(super) asleep: Duration,
    /// Longest wait for the answer to the probe after a sleep.
    pub(super) awake: Duration,
}

/// A dead tunnel is noticed within 15 + 2 x 10 + 8 s, one that died in a sleep within 5 s.
const PACE: Pace = Pace {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
    steady: Duration::from_secs(10),
    slow: Duration::from_secs(30),
    start: Duration::from_secs(60),
    ready: Duration::from_secs(60),
    patience: Duration::from_secs(4),
    every: Duration::from_secs(15),
    again: Duration::from_secs(10),
    answer: Duration::from_secs(8),
    misses: 3,
    tick: Duration::from_secs(2),
    asleep: Duration::from_secs(10),
    awake: Duration::from_secs(3),
};

/// Keeps a tunnel open.
pub(crate) struct Keeper {
    /// What opens it.
    tunnel: Box<dyn Tunnel>,
    probe: Probe,
    /// Where it leads.
    port: u16,
    pub(super) pace: Pace,
    /// The clock that goes on while the machine sleeps.
    pub(super) clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// A tunnel that is being kept open.
pub(crate) struct Kept {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// How long one session of a tunnel went.
enum End {
    Lost(TunnelError),
    Opened,
    Stopped,
}

/// Longest wait for the other side to know that it is over.
const CLOSE: Duration = Duration::from_secs(4);
/// The same where it is hardly there any more.
const CLOSE_LOST: Duration = Duration::from_secs(1);

impl Keeper {
    /// A keeper of a tunnel that is not open yet.
    pub(crate) fn new(tunnel: Box<dyn Tunnel>, probe: Probe, port: u16) -> Self {
        Self {
            tunnel,
            probe,
            port,
            pace: PACE,
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Opens the tunnel and keeps it open until it is stopped or hopeless.
    pub(crate) fn start(self, news: mpsc::Sender<News>) -> Kept {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { self.keep(&news, stopped).await });
        Kept { tasks, stop }
    }

    async fn keep(&self, news: &mpsc::Sender<News>, stopped: watch::Receiver<bool>) {
        let mut pauses = Backoff::new(self.pace.first, self.pace.longest);
        let (mut ever, mut tries, mut told) = (false, 0, None);
        let started = Instant::now();
        loop {
            let mut opened = None;
            let End::Lost(error) = self.once(news, &stopped, &mut opened).await else {
                return;
            };
            if let Some(opened) = opened {
                (ever, tries, told) = (true, 0, None);
                if opened.elapsed() >= self.pace.steady {
                    pauses.reset();
                }
            }
            tries += 1;
            let hopeless = match error.outlook() {
                Outlook::Hopeless => true,
                Outlook::HopelessAtStart | Outlook::Slowly => !ever,
                Outlook::Open => !ever && started.elapsed() > self.pace.start,
            };
            if hopeless {
                // Who does not listen any more is about to stop us.
                let _ = news.send(News::Ended(error)).await;
                return;
            }
            let mut time = pauses.next(chance());
            if error.outlook() == Outlook::Slowly {
                time = time.max(self.pace.slow);
            }
            // The same trouble is told once.
            if told.as_ref() != Some(&error) {
                told = Some(error.clone());
                let _ = news.send(News::Lost { error, tries }).await;
            }
            let go_on = async {
                pause(time).await;
                true
            };
            let stop = async {
                stop(&stopped).await;
                false
            };
            if !race(stop, go_on).await {
                return;
            }
        }
    }

    /// Opens it once, and holds it as long as it lasts.
    async fn once(
        &self,
        news: &mpsc::Sender<News>,
        stopped: &watch::Receiver<bool>,
        opened: &mut Option<Instant>,
    ) -> End {
        let began = Instant::now();
        let stop = || async {
            stop(stopped).await;
            End::Stopped
        };
        let mut link = None;
        let open = async {
            match self.tunnel.open(self.port).await {
                Ok(new) => link = Some(new),
                Err(error) => return End::Lost(error),
            }
            End::Opened
        };
        let end = race(stop(), open).await;
        let Some(mut link) = link else {
            return end;
        };
        let url = link.url().clone();
        let watched = async {
            let heard = match self.prove(&url, news).await {
                Ok(heard) => heard,
                Err(error) => return End::Lost(error),
            };
            *opened = Some(Instant::now());
            let (url, took) = (url.clone(), began.elapsed());
            let told = News::Opened {
                url: url.clone(),
                took,
            };
            let _ = news.send(told).await;
            match heard {
                Heard::Us => End::Lost(self.watch(&url).await),
                // What the user opened may lead past our door.
                Heard::Somebody(_) => std::future::pending().await,
            }
        };
        let served = async { End::Lost(link.serve().await) };
        let end = race(stop(), race(served, watched)).await;
        let patience = match end {
            // The other side may be what is gone, and the user waits for the news.
            End::Lost(_) => CLOSE_LOST,
            End::Opened | End::Stopped => CLOSE,
        };
        let _ = tokio::time::timeout(patience, link.close()).await;
        end
    }

    /// Waits until a knock at the public address is heard here.
    async fn prove(&self, url: &BaseUrl, news: &mpsc::Sender<News>) -> Result<Heard, TunnelError> {
        let began = Instant::now();
        let mut pauses = Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
        let mut told = false;
        loop {
            let error = match self.probe.knock(url, self.pace.answer).await {
                Ok(Heard::Somebody(detail)) if self.tunnel.leads_here() => TunnelError::NotOurs {
                    url: url.clone(),
                    detail,
                },
                Ok(heard) => return Ok(heard),
                Err(error) => error,
            };
            if began.elapsed() > self.pace.ready || error.outlook() == Outlook::Hopeless {
                return Err(error);
            }
            if began.elapsed() > self.pace.patience && !told {
                told = true;
                let _ = news.send(News::Waiting(error.clone())).await;
            }
            pause(match error {
                // Resolvers remember a name that was not there: ask seldom.
                TunnelError::DnsPending(_) => self.pace.patience,
                _ => pauses.next(0.0),
            })
            .await;
        }
    }

    /// Knocks again and again until nobody hears it, or the machine slept and nobody hears it
    /// afterwards.
    async fn watch(&self, url: &BaseUrl) -> TunnelError {
        let pace = &self.pace;
        let (mut heard, mut due) = (Instant::now(), Instant::now() + pace.every);
        let mut misses = 0;
        let mut clock = (self.clock)();
        loop {
            pause(pace.tick).await;
            let now = (self.clock)();
            let passed = now.duration_since(clock);
            clock = now;
            // The machine slept, or this process was stopped.
            let slept = passed.is_ok_and(|passed| passed > pace.tick + pace.asleep);
            if !slept && Instant::now() < due {
                continue;
            }
            let began = Instant::now();
            let deadline = if slept { pace.awake } else { pace.answer };
            match self.probe.knock(url, deadline).await {
                Ok(Heard::Us) => {
                    (heard, misses, due) = (Instant::now(), 0, began + pace.every);
                }
                _ if slept => return TunnelError::LostInSleep(url.clone()),
                _ => {
                    (misses, due) = (misses + 1, began + pace.again);
                    if misses >= pace.misses {
                        return TunnelError::Lost {
                            url: url.clone(),
                            silent: heard.elapsed(),
                        };
                    }
                }
            }
        }
    }
}

impl Kept {
    /// Closes it, and waits for the other side to know, but not for long.
    pub(crate) async fn close(mut self) {
        self.stop.send_replace(true);
        let _ = tokio::time::timeout(CLOSE, self.tasks.join_next()).await;
    }
}

async fn stop(stopped: &watch::Receiver<bool>) {
    // Whoever kept us is gone: as good as stopped.
    let _ = stopped.clone().wait_for(|stopped| *stopped).await;
}

/// A number from 0 to 1 that nobody else has at the same time.
fn chance() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    f64::from(since.unwrap_or_default().subsec_nanos() % 1000) / 1000.0
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
