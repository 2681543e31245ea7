//! Why there is no way, or no longer one.

use std::time::Duration;

use connect_core::BaseUrl;

/// Why there is no way, or no longer one. No text holds the authtoken or a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TunnelError {
    /// The address that was handed out is none for an app.
    #[error("the tunnel has the address `{0}`, which no host takes")]
    BadAddress(String),
    /// cloudflared ended by itself.
    #[error("cloudflared stopped by itself ({status})")]
    CloudflaredExited {
        /// How, as people read it.
        status: String,
        /// What it said last about why.
        last: Option<String>,
    },
    /// There is no program cloudflared.
    #[error("cloudflared cannot be started: {0}")]
    CloudflaredMissing(String),
    /// Cloudflare gives no quick tunnel to this network for now.
    #[error("Cloudflare takes no more quick tunnels from this network for now (429)")]
    CloudflaredLimited,
    /// cloudflared runs but opens nothing.
    #[error("cloudflared opened no tunnel within {} s", .after.as_secs())]
    CloudflaredSilent {
        /// How long it was given.
        after: Duration,
        /// What it said last about why.
        last: Option<String>,
    },
    /// The name is not known in the DNS yet.
    #[error("the name `{0}` is not known in the DNS yet")]
    DnsPending(String),
    /// The public address answers with an error page of the tunnel's operator.
    #[error("the tunnel's operator answers in the app's place (ERR_NGROK_{0})")]
    Edge(u16),
    /// Requests through the public address stopped coming back.
    #[error("no answer through {url} for {} s", .silent.as_secs())]
    Lost {
        /// The public address.
        url: BaseUrl,
        /// How long.
        silent: Duration,
    },
    /// The machine slept, and the way did not survive it.
    #[error("this machine slept, and nothing comes through {0} since")]
    LostInSleep(BaseUrl),
    /// ngrok's server refused.
    #[error("ngrok refused: {}", .0.text)]
    Ngrok(Refusal),
    /// There is no authtoken.
    #[error("ngrok needs the authtoken of an account")]
    NgrokNoToken,
    /// Somebody told ngrok's server to stop us.
    #[error("the tunnel was stopped from ngrok's dashboard")]
    NgrokStopped,
    /// The public address leads somewhere else.
    #[error("{url} does not lead here: {detail}")]
    NotOurs {
        /// The public address.
        url: BaseUrl,
        /// What came instead.
        detail: String,
    },
    /// The app says that it is at another address.
    #[error("the app says it is at `{found}`, but it is reached at {url}")]
    OtherAddress {
        /// The public address.
        url: BaseUrl,
        /// `baseUrl` of the descriptor that it serves.
        found: String,
    },
    /// It took too long.
    #[error("{0} took longer than {time} s", time = .1.as_secs())]
    Timeout(Stage, Duration),
    /// The tunnel's server shows a certificate that is not trusted, or speaks no TLS.
    #[error("the tunnel's server is not who it must be: {0}")]
    Tls(String),
    /// The connection to the tunnel's server broke.
    #[error("the connection to the tunnel's server broke: {0}")]
    Broken(String),
    /// Nothing answers at the public address.
    #[error("nothing answers at the public address: {0}")]
    Unanswered(String),
    /// The tunnel's server cannot be reached.
    #[error("the tunnel's server cannot be reached: {0}")]
    Unreachable(String),
}

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A connection to the tunnel's server.
    Connect,
    /// An answer through the public address.
    Answer,
}

/// A refusal of ngrok's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The number of `ERR_NGROK_<number>`, if it gave one.
    pub(crate) code: Option<u16>,
    /// What it said, the authtoken taken out.
    pub(crate) text: String,
}

/// Whether another try can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// Nothing changes by itself.
    Hopeless,
    /// A way that was open may come back when the old one is forgotten; at the start somebody
    /// else has it.
    HopelessAtStart,
    /// The network may come back.
    Open,
    /// Trying again soon makes it worse.
    Slowly,
}

impl TunnelError {
    /// Whether another try can help.
    pub(crate) fn outlook(&self) -> Outlook {
        match self {
            Self::BadAddress(_)
            | Self::CloudflaredMissing(_)
            | Self::NgrokNoToken
            | Self::NgrokStopped => Outlook::Hopeless,
            // Later it may be a network that wants to be paid first.
            Self::Tls(_) => Outlook::HopelessAtStart,
            Self::CloudflaredLimited => Outlook::Slowly,
            Self::Ngrok(refusal) => super::ngrok::codes::outlook(refusal.code),
            Self::Broken(_)
            | Self::CloudflaredExited { .. }
            | Self::CloudflaredSilent { .. }
            | Self::DnsPending(_)
            | Self::Edge(_)
            | Self::Lost { .. }
            | Self::LostInSleep(_)
            | Self::NotOurs { .. }
            | Self::OtherAddress { .. }
            | Self::Timeout(..)
            | Self::Unanswered(_)
            | Self::Unreachable(_) => Outlook::Open,
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Answer => "an answer through the tunnel",
            Self::Connect => "connecting to the tunnel's server",
        })
    }
}
