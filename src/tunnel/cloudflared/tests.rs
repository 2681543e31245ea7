//! cloudflared, played by a shell script.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

const BOX: &str = "\
echo '2026-11-22T06:00:00Z INF Thank you for trying Cloudflare Tunnel.' >&2
echo '2026-11-22T06:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...' >&2
echo '2026-11-22T06:00:01Z INF +------------------------------------------------+' >&2
echo '2026-11-22T06:00:01Z INF |  Your quick Tunnel has been created! Visit it  |' >&2
echo '2026-11-22T06:00:01Z INF |  https://made-up-word.trycloudflare.com        |' >&2
echo '2026-11-22T06:00:01Z INF +------------------------------------------------+' >&2
";
const REGISTERED: &str =
    "echo '2026-11-22T06:00:02Z INF Registered tunnel connection connIndex=0 protocol=quic' >&2\n";

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
            ..Cloudflared::new(folder.join("cloudflared"), folder, Arc::new(()))
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
    let tunnel = Cloudflared::new(program, folder, Arc::new(()));
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
