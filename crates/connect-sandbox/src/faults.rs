//! Misbehaviour on order: the sandbox does what real hosts do on bad days.

use std::{fmt, str::FromStr, sync::Mutex, time::Duration};

/// A group of requests that a fault can hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `DELETE` of an installed app.
    Deregister,
    /// The key server of Forge.
    ForgeKeys,
    /// The key server.
    InstallKey,
    /// The list of apps, which hands out the `upm-token`.
    List,
    /// Asking how an install is getting on.
    Poll,
    /// The `POST` that asks for an install.
    Register,
    /// Any REST resource of the product.
    Rest,
    /// The plugin manager's settings.
    Settings,
    /// The authorization server, which gives the tokens for acting as users.
    Token,
}

/// One way to misbehave. Its text form (`lose-answer:register`, `answer:poll=503`) is what the
/// command line and the REST resource `/_sandbox/faults` take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The operation is not carried out and answers this status (`answer:list=401`).
    Answer {
        /// Which requests.
        operation: Operation,
        /// The HTTP status.
        status: u16,
    },
    /// The app's `installed` callback is taken to have timed out (`callback-timeout`).
    CallbackTimeout,
    /// Tokens are dated by a clock that is wrong by so many seconds (`clock-skew=-600`).
    ClockSkew {
        /// Positive: the host's clock is ahead.
        seconds: i64,
    },
    /// The operation is carried out, but only after so long (`delay:poll=1500ms`).
    Delay {
        /// Which requests.
        operation: Operation,
        /// How long.
        by: Duration,
    },
    /// The site's development mode is off: it says so in its settings and refuses installs
    /// (`development-mode-off`).
    DevelopmentModeOff,
    /// Tokens have expired when they are sent (`expired-token`).
    ExpiredToken,
    /// The key server answers 404, with the right key as body (`key-with-404`).
    KeyWith404,
    /// After the next uninstall `disabled` is sent too, late and without a token (`late-disabled`).
    LateDisabled,
    /// The operation is carried out, and the connection is cut before its answer
    /// (`lose-answer:register`).
    LoseAnswer {
        /// Which requests.
        operation: Operation,
    },
    /// The site takes no private apps any more (`private-installs-closed`).
    PrivateInstallsClosed,
    /// The operation is not carried out and never answered (`silence:register`).
    Silence {
        /// Which requests.
        operation: Operation,
    },
    /// A deregistration is answered with 204 and forgotten (`swallow-deregister`).
    SwallowDeregister,
    /// An install ends with this `subCode` (`task-fails=upm.plugin.error.unexpected.error`).
    TaskFails {
        /// UPM's code.
        sub_code: String,
    },
    /// An install is accepted and never ends (`task-never-ends`).
    TaskNeverEnds,
    /// Install tokens name a key id that the key server does not have (`unknown-kid`).
    UnknownKid,
    /// Tokens carry the hash of another request (`wrong-qsh`).
    WrongQsh,
}

/// Text that names no fault. The message lists the ones there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a fault; there are: {}", Fault::FORMS.join(", "))]
pub struct UnknownFault {
    text: String,
}

/// The faults that were ordered and have not been used up.
#[derive(Debug, Default)]
pub struct Faults {
    ordered: Mutex<Vec<(Fault, Repeat)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Always,
    Times(u32),
}

impl Faults {
    /// Orders a fault for the next time it can happen.
    pub fn order(&self, fault: Fault) {
        self.order_times(fault, 1);
    }

    /// Orders a fault for the next so many times.
    pub fn order_times(&self, fault: Fault, times: u32) {
        if times > 0 {
            self.push(fault, Repeat::Times(times));
        }
    }

    /// Orders a fault until [`Faults::clear`].
    pub fn order_always(&self, fault: Fault) {
        self.push(fault, Repeat::Always);
    }

    /// Orders that the next such operation is carried out and its answer lost.
    pub fn lose_answer_of(&self, operation: Operation) {
        self.order(Fault::LoseAnswer { operation });
    }

    /// Takes back every order.
    pub fn clear(&self) {
        crate::state::lock(&self.ordered).clear();
    }

    /// What is on order, each with the number of times left; none for "always".
    pub fn ordered(&self) -> Vec<(Fault, Option<u32>)> {
        let left = |repeat: &Repeat| match repeat {
            Repeat::Always => None,
            Repeat::Times(times) => Some(*times),
        };
        let ordered = crate::state::lock(&self.ordered);
        ordered
            .iter()
            .map(|(fault, repeat)| (fault.clone(), left(repeat)))
            .collect()
    }

    /// Uses up one order of the first fault that fits.
    pub(crate) fn take(&self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut ordered = crate::state::lock(&self.ordered);
        let at = ordered.iter().position(|(fault, _)| fits(fault))?;
        let (fault, repeat) = &mut ordered[at];
        let fault = fault.clone();
        match repeat {
            Repeat::Always => {}
            Repeat::Times(1) => {
                ordered.remove(at);
            }
            Repeat::Times(times) => *times -= 1,
        }
        Some(fault)
    }

    /// True when the fault is on order; does not use it up.
    pub(crate) fn is_on_order(&self, fault: &Fault) -> bool {
        crate::state::lock(&self.ordered)
            .iter()
            .any(|(ordered, _)| ordered == fault)
    }

    fn push(&self, fault: Fault, repeat: Repeat) {
        let mut ordered = crate::state::lock(&self.ordered);
        // Bounded: the list is reachable over HTTP.
        if ordered.len() < MOST_ORDERS {
            ordered.push((fault, repeat));
        }
    }
}

impl Fault {
    /// Every form a fault can be written in.
    pub const FORMS: &'static [&'static str] = &[
        "answer:OPERATION=STATUS",
        "callback-timeout",
        "clock-skew=SECONDS",
        "delay:OPERATION=MILLISECONDSms",
        "development-mode-off",
        "expired-token",
        "key-with-404",
        "late-disabled",
        "lose-answer:OPERATION",
        "private-installs-closed",
        "silence:OPERATION",
        "swallow-deregister",
        "task-fails=SUBCODE",
        "task-never-ends",
        "unknown-kid",
        "wrong-qsh",
    ];

    /// The operation that is hit before it is carried out or instead of it.
    pub(crate) fn operation(&self) -> Option<Operation> {
        match self {
            Self::Answer { operation, .. }
            | Self::Delay { operation, .. }
            | Self::LoseAnswer { operation }
            | Self::Silence { operation } => Some(*operation),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { operation, status } => write!(f, "answer:{operation}={status}"),
            Self::CallbackTimeout => f.write_str("callback-timeout"),
            Self::ClockSkew { seconds } => write!(f, "clock-skew={seconds}"),
            Self::Delay { operation, by } => write!(f, "delay:{operation}={}ms", by.as_millis()),
            Self::DevelopmentModeOff => f.write_str("development-mode-off"),
            Self::ExpiredToken => f.write_str("expired-token"),
            Self::KeyWith404 => f.write_str("key-with-404"),
            Self::LateDisabled => f.write_str("late-disabled"),
            Self::LoseAnswer { operation } => write!(f, "lose-answer:{operation}"),
            Self::PrivateInstallsClosed => f.write_str("private-installs-closed"),
            Self::Silence { operation } => write!(f, "silence:{operation}"),
            Self::SwallowDeregister => f.write_str("swallow-deregister"),
            Self::TaskFails { sub_code } => write!(f, "task-fails={sub_code}"),
            Self::TaskNeverEnds => f.write_str("task-never-ends"),
            Self::UnknownKid => f.write_str("unknown-kid"),
            Self::WrongQsh => f.write_str("wrong-qsh"),
        }
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        parse(text).ok_or_else(|| UnknownFault {
            text: text.chars().take(80).collect(),
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Deregister,
        Self::ForgeKeys,
        Self::InstallKey,
        Self::List,
        Self::Poll,
        Self::Register,
        Self::Rest,
        Self::Settings,
        Self::Token,
    ];

    /// The name in the text form of a fault.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deregister => "deregister",
            Self::ForgeKeys => "forge-keys",
            Self::InstallKey => "install-key",
            Self::List => "list",
            Self::Poll => "poll",
            Self::Register => "register",
            Self::Rest => "rest",
            Self::Settings => "settings",
            Self::Token => "token",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.as_str() == name)
    }
}

fn parse(text: &str) -> Option<Fault> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let (name, operation) = match name.split_once(':') {
        Some((name, operation)) => (name, Some(Operation::parse(operation)?)),
        None => (name, None),
    };
    Some(match (name, operation, value) {
        ("answer", Some(operation), Some(status)) => Fault::Answer {
            operation,
            status: status
                .parse()
                .ok()
                .filter(|status| (200..=599).contains(status))?,
        },
        ("callback-timeout", None, None) => Fault::CallbackTimeout,
        ("clock-skew", None, Some(seconds)) => Fault::ClockSkew {
            seconds: seconds.parse().ok()?,
        },
        ("delay", Some(operation), Some(by)) => Fault::Delay {
            operation,
            by: Duration::from_millis(by.strip_suffix("ms")?.parse().ok()?).min(LONGEST_DELAY),
        },
        ("development-mode-off", None, None) => Fault::DevelopmentModeOff,
        ("expired-token", None, None) => Fault::ExpiredToken,
        ("key-with-404", None, None) => Fault::KeyWith404,
        ("late-disabled", None, None) => Fault::LateDisabled,
        ("lose-answer", Some(operation), None) => Fault::LoseAnswer { operation },
        ("private-installs-closed", None, None) => Fault::PrivateInstallsClosed,
        ("silence", Some(operation), None) => Fault::Silence { operation },
        ("swallow-deregister", None, None) => Fault::SwallowDeregister,
        ("task-fails", None, Some(code)) if (1..=200).contains(&code.len()) => Fault::TaskFails {
            sub_code: code.to_owned(),
        },
        ("task-never-ends", None, None) => Fault::TaskNeverEnds,
        ("unknown-kid", None, None) => Fault::UnknownKid,
        ("wrong-qsh", None, None) => Fault::WrongQsh,
        _ => return None,
    })
}

/// How many orders can wait at once.
const MOST_ORDERS: usize = 1_000;

/// Every wait has an end, also one that was ordered.
const LONGEST_DELAY: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_back_what_it_writes() {
        let operation = Operation::Register;
        for fault in [
            Fault::Answer {
                operation,
                status: 503,
            },
            Fault::CallbackTimeout,
            Fault::ClockSkew { seconds: -600 },
            Fault::Delay {
                operation,
                by: Duration::from_millis(1500),
            },
            Fault::DevelopmentModeOff,
            Fault::ExpiredToken,
            Fault::KeyWith404,
            Fault::LateDisabled,
            Fault::LoseAnswer { operation },
            Fault::PrivateInstallsClosed,
            Fault::Silence { operation },
            Fault::SwallowDeregister,
            Fault::TaskFails {
                sub_code: "a.b=c".to_owned(),
            },
            Fault::TaskNeverEnds,
            Fault::UnknownKid,
            Fault::WrongQsh,
        ] {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_the_list() {
        for text in [
            "",
            "answer:list",
            "answer:nothing=500",
            "answer:list=99",
            "silence",
            "delay:poll=5",
            "wrong-qsh=1",
        ] {
            let refused = text.parse::<Fault>().unwrap_err().to_string();
            assert!(refused.contains("swallow-deregister"), "{refused}");
        }
    }

    #[test]
    fn orders_are_used_up_one_by_one() {
        let faults = Faults::default();
        faults.order_times(Fault::WrongQsh, 2);
        faults.order(Fault::UnknownKid);
        let take = || faults.take(|fault| *fault == Fault::WrongQsh);
        assert!(take().is_some() && take().is_some() && take().is_none());
        assert_eq!(faults.ordered(), [(Fault::UnknownKid, Some(1))]);
        faults.order_always(Fault::WrongQsh);
        assert!((0..10).all(|_| take().is_some()));
        faults.clear();
        assert!(take().is_none());
    }
}
