//! What happened in the sandbox, in order, for logs, pages and tests.

use std::{collections::VecDeque, fmt, sync::Mutex, time::Duration};

use connect_core::BaseUrl;
use serde::Serialize;
use tokio::{sync::broadcast, time::Instant};

use crate::clock;

/// Something that happened. Facts only; no secret, no token and no unsigned query string is ever
/// part of one.
#[derive(Clone, Debug, Serialize)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum SandboxEvent {
    /// The bridge of a page carried a call of the app.
    BridgeCall {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
        /// `module.method`.
        call: String,
    },
    /// A fault that was ordered took effect.
    FaultTookEffect {
        /// The fault, as it is written when ordering it.
        fault: String,
    },
    /// Forge called a remote.
    ForgeInvoked {
        /// Where, without its query.
        url: String,
        /// Key of the module that invoked.
        module: String,
        /// The status answered; none when there was no answer in time.
        status: Option<u16>,
    },
    /// Somebody asked for the keys of Forge's invocation tokens.
    ForgeKeysServed {
        /// The status answered.
        status: u16,
    },
    /// An install or upgrade did not succeed and was rolled back.
    InstallFailed {
        /// Base URL of the site.
        site: String,
        /// Key of the app, if the descriptor could be read that far.
        app: Option<String>,
        /// UPM's `subCode`.
        sub_code: String,
        /// What happened, for people.
        message: String,
        /// What people see of it on a real site.
        seen: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// An app is installed, or installed again.
    Installed {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
        /// Name of the app.
        name: String,
        /// True when the app was there before.
        again: bool,
    },
    /// An issue, or what hangs on it, is different from before.
    IssueChanged {
        /// Base URL of the site.
        site: String,
        /// Id of the issue.
        issue: u64,
        /// Key of the issue.
        key: String,
        /// Id of its project.
        project: u64,
        /// `commented`, `property` or `updated`.
        change: &'static str,
        /// Account id of whoever did it.
        user: Option<String>,
    },
    /// Somebody asked the key server for a key.
    KeyServed {
        /// The status answered.
        status: u16,
    },
    /// A lifecycle callback was sent to an app, or could not be.
    LifecycleSent {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
        /// `installed`, `enabled`, `disabled` or `uninstalled`.
        lifecycle: &'static str,
        /// Where it was sent.
        url: String,
        /// The status answered; none when there was no answer.
        status: Option<u16>,
        /// How long it took, in milliseconds.
        ms: u64,
        /// Why there was no answer, or why the answer does not count as success.
        problem: Option<String>,
    },
    /// The product called an address of a module: a step of a workflow, a JQL function.
    ModuleCalled {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
        /// Key of the module.
        module: String,
        /// Where, without its query.
        url: String,
        /// The status answered; none when there was no answer.
        status: Option<u16>,
        /// How long it took, in milliseconds.
        ms: u64,
    },
    /// A page of the sandbox was shown, with the iframe of a module in it.
    PageShown {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
        /// Key of the module.
        module: String,
        /// Account id of the user, if one is logged in.
        user: Option<String>,
    },
    /// A REST resource of the product was called.
    RestCall(RestCall),
    /// Somebody asked the authorization server for a user's token.
    TokenAsked {
        /// Account id of the user, if a token was given.
        user: Option<String>,
        /// The status answered.
        status: u16,
        /// Why no token was given.
        problem: Option<String>,
    },
    /// An app is gone.
    Uninstalled {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
    },
    /// A webhook was sent to an app, or could not be.
    WebhookSent {
        /// Base URL of the site.
        site: String,
        /// Key of the app.
        app: String,
        /// The event, such as `jira:issue_created`.
        webhook: String,
        /// Where it was sent.
        url: String,
        /// The same for every try.
        identifier: String,
        /// 0 for the first try.
        retry: u32,
        /// The status answered; none when there was no answer.
        status: Option<u16>,
        /// How long it took, in milliseconds.
        ms: u64,
        /// Why there was no answer, or why the answer does not count as success.
        problem: Option<String>,
    },
    /// The plugin manager answered.
    UpmCall {
        /// The HTTP method.
        method: String,
        /// The path, without its query.
        path: String,
        /// The status answered; none when the answer was lost on order.
        status: Option<u16>,
    },
}

/// A call of a REST resource and what became of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestCall {
    /// Base URL of the site.
    pub site: String,
    /// Key of the app, if the call proved one.
    pub app: Option<String>,
    /// Account id of the user for whom it was made, for calls through the bridge.
    pub user: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The status answered.
    pub status: u16,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

/// Why a call was refused, in more words than a host ever says.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Refusal {
    /// A stable code, such as `auth/qsh-mismatch`.
    pub code: &'static str,
    /// One sentence.
    pub reason: String,
    /// The canonical request that the sandbox hashed, where the hash was the reason.
    pub expected: Option<String>,
    /// The canonical request that the app hashed instead, if it could be found out.
    pub received: Option<String>,
    /// What to change.
    pub hint: Option<String>,
}

/// An event with its place in the order of things.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Counts from 1.
    pub id: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: SandboxEvent,
}

/// What was waited for did not happen in time. `Debug` prints what happened instead.
#[derive(Clone, thiserror::Error)]
#[error("what was waited for did not happen within {waited:?}; {} other events did", seen.len())]
pub struct NotSeen {
    /// How long it was waited for.
    pub waited: Duration,
    /// What did happen, oldest first.
    pub seen: Vec<Recorded>,
}

impl fmt::Debug for NotSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{self}")?;
        for recorded in &self.seen {
            writeln!(f, "  {:>4} {:?}", recorded.id, recorded.event)?;
        }
        Ok(())
    }
}

/// The last events, and everyone who listens.
#[derive(Debug)]
pub(crate) struct Journal {
    ring: Mutex<(u64, VecDeque<Recorded>)>,
    listeners: broadcast::Sender<SandboxEvent>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            ring: Mutex::default(),
            listeners: broadcast::Sender::new(KEPT),
        }
    }

    pub(crate) fn record(&self, event: SandboxEvent) {
        tracing::debug!(?event, "sandbox");
        {
            let mut ring = crate::state::lock(&self.ring);
            let (last, events) = &mut *ring;
            *last += 1;
            if events.len() == KEPT {
                events.pop_front();
            }
            events.push_back(Recorded {
                id: *last,
                at: clock::unix_millis(),
                event: event.clone(),
            });
        }
        // No listener is fine: the ring has it.
        let _ = self.listeners.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<SandboxEvent> {
        self.listeners.subscribe()
    }

    /// How the last install on a site failed, if nothing was installed there since.
    pub(crate) fn last_failure(&self, on: &BaseUrl) -> Option<SandboxEvent> {
        let ring = crate::state::lock(&self.ring);
        let mut latest = ring.1.iter().rev().map(|recorded| &recorded.event);
        let last = latest.find(|event| match event {
            SandboxEvent::InstallFailed { site, .. } | SandboxEvent::Installed { site, .. } => {
                site == on.as_str()
            }
            _ => false,
        })?;
        matches!(last, SandboxEvent::InstallFailed { .. }).then(|| last.clone())
    }

    /// The events kept, oldest first.
    pub(crate) fn events(&self) -> Vec<Recorded> {
        self.since(0)
    }

    /// Those of them that came after an id.
    pub(crate) fn since(&self, id: u64) -> Vec<Recorded> {
        let ring = crate::state::lock(&self.ring);
        let new = ring.1.iter().filter(|recorded| recorded.id > id);
        new.cloned().collect()
    }

    /// The id of the last event, 0 before there is any.
    pub(crate) fn last_id(&self) -> u64 {
        crate::state::lock(&self.ring).0
    }

    /// Waits until an event, of the past or to come, satisfies the predicate.
    pub(crate) async fn wait_for(
        &self,
        mut predicate: impl FnMut(&SandboxEvent) -> bool,
        deadline: Duration,
    ) -> Result<SandboxEvent, NotSeen> {
        let until = Instant::now() + deadline;
        let mut listener = self.subscribe();
        let mut seen = 0;
        loop {
            for recorded in self.events() {
                if recorded.id > seen {
                    seen = recorded.id;
                    if predicate(&recorded.event) {
                        return Ok(recorded.event);
                    }
                }
            }
            // The news only wakes us: what happened is read from the ring, so that a listener
            // that fell behind loses nothing.
            if tokio::time::timeout_at(until, listener.recv())
                .await
                .is_err()
            {
                return Err(NotSeen {
                    waited: deadline,
                    seen: self.events(),
                });
            }
        }
    }
}

/// How many events are kept.
const KEPT: usize = 1_024;
