//! cloudflared, Cloudflare's own program, as a child process: a quick tunnel, which needs no
//! account, or a named one.
//!
//! It tells what it does on stderr. The address of a quick tunnel is there some seconds before
//! its name is in the DNS, and who asks for the name too early is told for half an hour that
//! there is none; so the tunnel counts as open a while after its connection is registered.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use connect_core::BaseUrl;
use futures_util::future::BoxFuture;
use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;
use tokio::time::Instant;

use crate::process::{self, CommandLine, Group, Output, Waiter, Watch};
use crate::tunnel::race::pause;
use crate::tunnel::{Link, Tunnel, TunnelError};

/// The program cloudflared, and what to do with it.
#[derive(Clone, Debug)]
pub(crate) struct Cloudflared {
    program: PathBuf,
    folder: PathBuf,
    named: Option<Named>,
    watch: Arc<dyn Watch>,
    withheld: Vec<(String, String)>,
    pub(super) settle: Duration,
    pub(super) within: Duration,
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
/// Longest line that is looked at, in bytes; the rest of it is dropped.
const LONGEST_LINE: usize = 4096;

impl Cloudflared {
    /// The program at this path, to be run in this folder, for a quick tunnel; and who ends it if
    /// we cannot.
    pub(crate) fn new(program: PathBuf, folder: PathBuf, watch: Arc<dyn Watch>) -> Self {
        Self {
            program,
            folder,
            named: None,
            watch,
            withheld: Vec::new(),
            settle: SETTLE,
            within: WITHIN,
        }
    }

    /// With these variables besides ours.
    pub(crate) fn withholding(self, withheld: Vec<(String, String)>) -> Self {
        Self { withheld, ..self }
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
            variables: self.withheld.clone(),
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

/// The lines of a pipe, each cut to [`LONGEST_LINE`].
#[derive(Debug)]
struct Lines {
    pipe: Option<ChildStderr>,
    buffer: Vec<u8>,
    line: Vec<u8>,
}

impl Lines {
    fn new(pipe: Option<ChildStderr>) -> Self {
        Self {
            pipe,
            buffer: Vec::new(),
            line: Vec::new(),
        }
    }

    /// The next line; none at the end of the pipe. Dropping the future loses nothing.
    async fn next(&mut self) -> Option<String> {
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::process::NobodyWatches;

    const BOX: &str = "\
echo '2026-11-22T06:00:00Z INF Thank you for trying Cloudflare Tunnel.' >&2
echo '2026-11-22T06:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...' >&2
echo '2026-11-22T06:00:01Z INF +------------------------------------------------+' >&2
echo '2026-11-22T06:00:01Z INF |  Your quick Tunnel has been created! Visit it  |' >&2
echo '2026-11-22T06:00:01Z INF |  https://made-up-word.trycloudflare.com        |' >&2
echo '2026-11-22T06:00:01Z INF +------------------------------------------------+' >&2
";
    const REGISTERED: &str = "echo '2026-11-22T06:00:02Z INF Registered tunnel connection connIndex=0 protocol=quic' >&2\n";

    /// A program that behaves like cloudflared and then does `script`.
    struct Fake {
        home: tempfile::TempDir,
    }

    impl Fake {
        fn new(script: &str) -> Self {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("cloudflared");
            fs::write(
                &path,
                format!("#!/bin/sh\necho \"$@\" > arguments\n{script}"),
            )
            .unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
            Self { home }
        }

        fn tunnel(&self) -> Cloudflared {
            let folder = self.home.path().to_path_buf();
            Cloudflared {
                settle: Duration::ZERO,
                ..Cloudflared::new(folder.join("cloudflared"), folder, Arc::new(NobodyWatches))
            }
        }

        fn arguments(&self) -> String {
            fs::read_to_string(self.home.path().join("arguments")).unwrap()
        }
    }

    async fn failure(tunnel: &Cloudflared) -> TunnelError {
        match tunnel.open(3000).await {
            Ok(link) => panic!("it opened {}", link.url()),
            Err(error) => error,
        }
    }

    #[tokio::test]
    async fn a_quick_tunnel_has_the_address_in_the_box_and_ends_when_closed() {
        let fake = Fake::new(&format!("{BOX}{REGISTERED}echo $$ > pid\nexec sleep 600\n"));
        let link = fake.tunnel().open(3000).await.unwrap();
        assert_eq!(
            link.url().as_str(),
            "https://made-up-word.trycloudflare.com"
        );
        let expected = "tunnel --no-autoupdate --grace-period 500ms --url http://127.0.0.1:3000\n";
        assert_eq!(fake.arguments(), expected);
        tokio::time::timeout(Duration::from_secs(10), link.close())
            .await
            .expect("it ends");
    }

    #[tokio::test]
    async fn a_named_tunnel_has_the_address_of_its_route() {
        let fake = Fake::new(&format!("{REGISTERED}exec sleep 600\n"));
        let named = Named {
            tunnel: "mine".to_owned(),
            address: BaseUrl::parse("https://dev.example.com").unwrap(),
        };
        let link = fake.tunnel().with(Some(named)).open(3000).await.unwrap();
        assert_eq!(link.url().as_str(), "https://dev.example.com");
        let expected =
            "tunnel --no-autoupdate --grace-period 500ms run --url http://127.0.0.1:3000 mine\n";
        assert_eq!(fake.arguments(), expected);
        link.close().await;
    }

    #[tokio::test]
    async fn an_address_without_a_connection_is_no_tunnel() {
        let fake = Fake::new(&format!("{BOX}exec sleep 600\n"));
        let tunnel = Cloudflared {
            within: Duration::from_millis(300),
            ..fake.tunnel()
        };
        let error = failure(&tunnel).await;
        assert!(
            matches!(error, TunnelError::CloudflaredSilent { .. }),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn the_limit_of_quick_tunnels_is_recognised() {
        let fake = Fake::new(
            "echo '2026-11-22T06:00:00Z ERR Error unmarshaling QuickTunnel response: error code: \
             1015 error=\"invalid character\" status_code=\"429 Too Many Requests\"' >&2\n\
             echo 'failed to unmarshal quick Tunnel: invalid character' >&2\nexit 1\n",
        );
        assert_eq!(
            failure(&fake.tunnel()).await,
            TunnelError::CloudflaredLimited
        );
    }

    #[tokio::test]
    async fn one_that_ends_says_why() {
        let fake = Fake::new(
            "echo 'failed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": \
             no such host' >&2\nexit 1\n",
        );
        let TunnelError::CloudflaredExited { status, last } = failure(&fake.tunnel()).await else {
            panic!("it is another error");
        };
        assert_eq!(status, "exit status: 1");
        assert!(last.unwrap().contains("no such host"));
    }

    #[tokio::test]
    async fn one_that_dies_later_is_a_lost_tunnel() {
        let dies = "read line < now\necho '2026-11-22T06:00:09Z ERR Unauthorized' >&2\nexit 7\n";
        let fake = Fake::new(&format!("mkfifo now\n{BOX}{REGISTERED}{dies}"));
        let mut link = fake.tunnel().open(3000).await.unwrap();
        fs::write(fake.home.path().join("now"), "now\n").unwrap();
        let why = tokio::time::timeout(Duration::from_secs(30), link.serve())
            .await
            .expect("it is noticed");
        let expected = TunnelError::CloudflaredExited {
            status: "exit status: 7".to_owned(),
            last: Some("Unauthorized".to_owned()),
        };
        assert_eq!(why, expected);
    }

    #[tokio::test]
    async fn without_the_program_it_is_said() {
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("cloudflared");
        let folder = home.path().to_path_buf();
        let tunnel = Cloudflared::new(program, folder, Arc::new(NobodyWatches));
        let error = failure(&tunnel).await;
        assert!(
            matches!(error, TunnelError::CloudflaredMissing(_)),
            "{error:?}"
        );
    }

    #[test]
    fn only_the_address_of_the_tunnel_is_one() {
        for (line, expected) in [
            ("INF |  https://a-b.trycloudflare.com   |", true),
            ("INF +  https://a-b.trycloudflare.com", true),
            ("Post \"https://api.trycloudflare.com/tunnel\": EOF", false),
            ("see https://developers.cloudflare.com/x", false),
            ("https://trycloudflare.com.evil.example", false),
            ("http://a-b.trycloudflare.com", false),
        ] {
            assert_eq!(quick_address(line).is_some(), expected, "{line}");
        }
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut() {
        let fake = Fake::new(&format!(
            "head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2\n{BOX}{REGISTERED}exec sleep 600\n"
        ));
        let link = fake.tunnel().open(3000).await.unwrap();
        link.close().await;
    }
}
