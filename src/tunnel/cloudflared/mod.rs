//! cloudflared, Cloudflare's own program, as a child process: a quick tunnel, which needs no
//! account, or a named one.
//!
//! It tells what it does on stderr. The address of a quick tunnel is there some seconds before
//! its name is in the DNS, and who asks for the name too early is told for half an hour that
//! there is none; so the tunnel counts as open a while after its connection is registered.

mod lines;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use connect_core::BaseUrl;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::process::{self, CommandLine, Group, Output, Waiter};
use crate::tunnel::cloudflared::lines::Lines;
use crate::tunnel::race::pause;
use crate::tunnel::{Link, Tunnel, TunnelError};

/// The program cloudflared, and what to do with it.
#[derive(Clone, Debug)]
pub(crate) struct Cloudflared {
    program: PathBuf,
    folder: PathBuf,
    named: Option<Named>,
    watch: Arc<dyn Watch>,
    variables: Vec<(String, String)>,
    pub(super) settle: Duration,
    pub(super) within: Duration,
}

/// Who ends process groups that outlive us.
pub(crate) trait Watch: std::fmt::Debug + Send + Sync {
    /// A group of this number was started.
    fn started(&self, group: u32);

    /// It is gone.
    fn ended(&self, group: u32);
}

/// Nobody does.
#[cfg(test)]
impl Watch for () {
    fn started(&self, _: u32) {}

    fn ended(&self, _: u32) {}
}

/// A tunnel that was made with `cloudflared tunnel create`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its name or id.
    pub(crate) tunnel: String,
    /// The address its DNS route leads from.
    pub(crate) address: BaseUrl,
}

/// From the connection to the name in the DNS, with some to spare.
const SETTLE: Duration = Duration::from_secs(2);
/// Longest wait for a tunnel.
const WITHIN: Duration = Duration::from_secs(30);

impl Cloudflared {
    /// The program at this path, to be run in this folder, for a quick tunnel; and who ends it if
    /// we cannot.
    pub(crate) fn new(program: PathBuf, folder: PathBuf, watch: Arc<dyn Watch>) -> Self {
        Self {
            program,
            folder,
            named: None,
            watch,
            variables: Vec::new(),
            settle: SETTLE,
            within: WITHIN,
        }
    }

    /// With these variables besides ours.
    pub(crate) fn with_variables(self, variables: Vec<(String, String)>) -> Self {
        Self { variables, ..self }
    }

    /// For a named tunnel, if there is one.
    pub(super) fn with(self, named: Option<Named>) -> Self {
        Self { named, ..self }
    }

    fn command(&self, port: u16) -> CommandLine {
        let url = format!("http://127.0.0.1:{port}");
        // Without it, leaving waits half a minute for requests that are under way.
        let mut arguments = vec!["tunnel", "--no-autoupdate", "--grace-period", "500ms"];
        match &self.named {
            None => arguments.extend(["--url", &url]),
            Some(named) => arguments.extend(["run", "--url", &url, &named.tunnel]),
        }
        CommandLine {
            program: self.program.clone().into_os_string(),
            arguments: arguments.into_iter().map(OsString::from).collect(),
            folder: self.folder.clone(),
            variables: self.variables.clone(),
            without: Vec::new(),
        }
    }

    async fn start(&self, port: u16) -> Result<CloudflaredLink, TunnelError> {
        let mut started = process::start(&self.command(port), Output::StderrCaptured)
            .map_err(|error| TunnelError::CloudflaredMissing(error.source.to_string()))?;
        let process = Process::new(started.group, Arc::clone(&self.watch));
        let mut lines = Lines::new(started.stderr.take());
        let began = Instant::now();
        let address = self.named.as_ref().map(|named| named.address.clone());
        let mut said = Said {
            address,
            ..Said::default()
        };
        loop {
            let left = self.within.saturating_sub(began.elapsed());
            match tokio::time::timeout(left, lines.next()).await {
                Ok(Some(line)) => said.hear(&line),
                Ok(None) => {
                    let status = started.waiter.wait_for(left).await;
                    return Err(said.exited(status));
                }
                Err(_) => {
                    return Err(TunnelError::CloudflaredSilent {
                        after: self.within,
                        last: said.trouble,
                    });
                }
            }
            if said.limited {
                return Err(TunnelError::CloudflaredLimited);
            }
            if let (true, Some(url)) = (said.connected, &said.address) {
                pause(self.settle).await;
                return Ok(CloudflaredLink {
                    url: url.clone(),
                    process,
                    waiter: started.waiter,
                    lines,
                });
            }
        }
    }
}

impl Tunnel for Cloudflared {
    fn name(&self) -> &'static str {
        "cloudflared"
    }

    fn open(&self, port: u16) -> BoxFuture<'_, Result<Box<dyn Link>, TunnelError>> {
        Box::pin(async move { Ok(Box::new(self.start(port).await?) as Box<dyn Link>) })
    }
}

struct CloudflaredLink {
    url: BaseUrl,
    process: Process,
    waiter: Waiter,
    lines: Lines,
}

impl Link for CloudflaredLink {
    fn url(&self) -> &BaseUrl {
        &self.url
    }

    fn serve(&mut self) -> BoxFuture<'_, TunnelError> {
        Box::pin(async move {
            let mut said = Said::default();
            // Its connections come and go, and it looks after them; nobody else reads its pipe.
            while let Some(line) = self.lines.next().await {
                said.hear(&line);
            }
            said.exited(Some(self.waiter.wait().await))
        })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            tokio::join!(self.process.group.end(), self.waiter.wait());
        })
    }
}

/// Its process group, which is watched over.
#[derive(Debug)]
struct Process {
    group: Group,
    watch: Arc<dyn Watch>,
}

impl Process {
    fn new(group: Group, watch: Arc<dyn Watch>) -> Self {
        watch.started(group.id());
        Self { group, watch }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.group.kill();
        self.watch.ended(self.group.id());
    }
}

/// What it has said so far.
#[derive(Debug, Default)]
struct Said {
    address: Option<BaseUrl>,
    connected: bool,
    limited: bool,
    /// The last line about something that went wrong.
    trouble: Option<String>,
}

impl Said {
    fn hear(&mut self, line: &str) {
        if line.contains("Registered tunnel connection") {
            self.connected = true;
        }
        if line.contains("429 Too Many Requests") || line.contains("error code: 1015") {
            self.limited = true;
        }
        if self.address.is_none() {
            self.address = quick_address(line);
        }
        let wrong = [" ERR ", " FTL ", "failed to ", "error"];
        if wrong.iter().any(|word| line.contains(word)) {
            self.trouble = Some(trouble(line));
        }
    }

    fn exited(self, status: Option<ExitStatus>) -> TunnelError {
        if self.limited {
            return TunnelError::CloudflaredLimited;
        }
        let status = status.map_or_else(|| "its output ended".to_owned(), |s| s.to_string());
        TunnelError::CloudflaredExited {
            status,
            last: self.trouble,
        }
    }
}

/// The address of a quick tunnel, in the line of the box that shows it.
fn quick_address(line: &str) -> Option<BaseUrl> {
    let at = line.find("https://")?;
    let text = line[at..].split([' ', '|', '"', ')']).next()?;
    let url = BaseUrl::parse(text).ok()?;
    let name = url.host().strip_suffix(".trycloudflare.com")?;
    // `api` is where quick tunnels are asked for, named when that fails.
    (name != "api" && url.path().is_empty()).then_some(url)
}

/// A line without its time, short enough to be shown.
fn trouble(line: &str) -> String {
    let text = [" ERR ", " FTL "]
        .iter()
        .find_map(|level| line.split_once(level))
        .map_or(line, |(_, text)| text);
    connect_core::redact::redact(text.trim())
        .chars()
        .take(300)
        .collect()
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
