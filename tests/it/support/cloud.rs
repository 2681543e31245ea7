//! The internet in front of a quick tunnel: names that end in `.trycloudflare.com`, with
//! certificates of an authority of its own, behind a proxy that `HTTPS_PROXY` names; and a program
//! `cloudflared` that behaves like Cloudflare's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::support::env::TestEnv;

/// The internet; gone when dropped.
pub(crate) struct Cloud {
    state: PathBuf,
    proxy: String,
    authority: String,
    _runtime: Runtime,
}

/// Counts its starts in `starts`, takes an address by that number, writes where it leads to
/// `leads/<name>`, and ends when something is written to the pipe `end`.
const CLOUDFLARED: &str = r#"#!/bin/sh
state="$(dirname "$0")/state"
echo start >> "$state/starts"
name="word-$(wc -l < "$state/starts" | tr -d ' ')"
for last; do :; done
echo $$ > "$state/pid"
env > "$state/env"
case "$*" in
  *"run --url "*) url="$7" ;;
  *) url="$last" ;;
esac
echo "${url##*:}" > "$state/$name"
if [ -e "$state/limit" ]; then
  echo '2026-11-22T06:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...' >&2
  echo '2026-11-22T06:00:00Z ERR Error unmarshaling QuickTunnel response: error code: 1015 error="invalid character" status_code="429 Too Many Requests"' >&2
  echo 'failed to unmarshal quick Tunnel: invalid character' >&2
  exit 1
fi
echo '2026-11-22T06:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...' >&2
echo '2026-11-22T06:00:01Z INF +------------------------------------------------------+' >&2
echo '2026-11-22T06:00:01Z INF |  Your quick Tunnel has been created! Visit it at     |' >&2
echo "2026-11-22T06:00:01Z INF |  https://$name.trycloudflare.com                     |" >&2
echo '2026-11-22T06:00:01Z INF +------------------------------------------------------+' >&2
echo '2026-11-22T06:00:02Z INF Registered tunnel connection connIndex=0 protocol=quic' >&2
[ -p "$state/end" ] || mkfifo "$state/end"
read line < "$state/end"
rm "$state/$name"
echo '2026-11-22T06:00:09Z ERR Unauthorized: Tunnel not found' >&2
exit 1
"#;

impl Cloud {
    /// Puts cloudflared and the internet before a project.
    pub(crate) fn before(env: TestEnv) -> (Self, TestEnv) {
        let folder = env.folder().join("bin");
        fs::create_dir_all(folder.join("state")).unwrap();
        let program = folder.join("cloudflared");
        fs::write(&program, CLOUDFLARED).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let cloud = Self::start(folder.join("state"));
        env.write("cloud.pem", &cloud.authority);
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
        let authority = env.path("cloud.pem").display().to_string();
        let env = env
            .with("PATH", &path)
            .with("HTTPS_PROXY", &cloud.proxy)
            .with("NO_PROXY", "127.0.0.1,localhost")
            .with("SSL_CERT_FILE", &authority);
        (cloud, env)
    }

    /// Where an address really leads, as [`crate::support::host::FakeHost::set_routes`] wants it.
    pub(crate) fn routes(&self) -> impl Fn(&str) -> String + Send + 'static {
        let state = self.state.clone();
        move |url| {
            let rest = url.strip_prefix("https://").unwrap();
            let (name, path) = rest.split_once('/').unwrap();
            let port = leads_to(&state, name).unwrap();
            format!("http://127.0.0.1:{port}/{path}")
        }
    }

    /// Number of the process of cloudflared that was started last.
    pub(crate) fn pid(&self) -> i32 {
        let text = fs::read_to_string(self.state.join("pid")).unwrap();
        text.trim().parse().unwrap()
    }

    /// The environment of the cloudflared that was started last.
    pub(crate) fn environment(&self) -> String {
        fs::read_to_string(self.state.join("env")).unwrap()
    }

    /// Has the running cloudflared fail.
    pub(crate) fn end_tunnel(&self) {
        fs::write(self.state.join("end"), "end\n").unwrap();
    }

    /// Has a name lead to a port.
    pub(crate) fn lead(&self, word: &str, port: u16) {
        fs::write(self.state.join(word), port.to_string()).unwrap();
    }

    /// From now on there are no more quick tunnels.
    pub(crate) fn limit(&self) {
        fs::write(self.state.join("limit"), "").unwrap();
    }

    fn start(state: PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (authority, tls) = super::ngrok_edge::certificates("*.trycloudflare.com");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let names = state.clone();
        runtime.spawn(async move {
            let mut visitors = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                visitors.spawn(visit(stream, tls.clone(), names.clone()));
            }
        });
        Self {
            state,
            proxy,
            authority,
            _runtime: runtime,
        }
    }
}

/// One visitor: `CONNECT <name>:443`, TLS, and then whatever the tunnel of that name leads to.
async fn visit(mut stream: TcpStream, tls: TlsAcceptor, state: PathBuf) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let name = head.strip_prefix("CONNECT ")?.split(':').next()?.to_owned();
    let port = leads_to(&state, &name);
    let Some(port) = port else {
        // As a proxy answers for a name that is not in the DNS.
        let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
        return None;
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    let mut stream = tls.accept(stream).await.ok()?;
    let mut app = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut app).await;
    Some(())
}

/// The port that a name leads to.
fn leads_to(state: &Path, name: &str) -> Option<u16> {
    let word = name.strip_suffix(".trycloudflare.com")?;
    let text = fs::read_to_string(state.join(word)).ok()?;
    text.trim().parse().ok()
}
