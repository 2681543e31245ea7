//! Groups that end, and children that hang.

use super::*;

fn shell(script: &str) -> CommandLine {
    CommandLine {
        program: "sh".into(),
        arguments: vec!["-c".into(), script.into()],
        folder: PathBuf::from("/"),
        variables: Vec::new(),
        without: Vec::new(),
    }
}

async fn first_line(stdout: ChildStdout) -> String {
    use tokio::io::AsyncBufReadExt as _;
    let mut line = String::new();
    let mut lines = tokio::io::BufReader::new(stdout);
    tokio::time::timeout(Duration::from_secs(10), lines.read_line(&mut line))
        .await
        .expect("a line in time")
        .expect("a readable line");
    line.trim().to_owned()
}

fn is_gone(pid: &str) -> bool {
    // A zombie nobody reaps yet has ended as well.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

async fn wait_until_gone(pid: &str) {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    tokio::time::timeout(Duration::from_secs(10), async {
        while !is_gone(pid) {
            again.tick().await;
        }
    })
    .await
    .expect("the process ends");
}

#[tokio::test]
async fn ending_a_group_ends_the_grandchildren() {
    let mut started = start(&shell("sleep 600 & echo $!; wait"), Output::Captured).unwrap();
    let grandchild = first_line(started.stdout.take().unwrap()).await;
    assert!(!is_gone(&grandchild));
    let mut waiter = started.waiter;
    tokio::join!(started.group.end(), waiter.wait());
    wait_until_gone(&grandchild).await;
}

#[tokio::test]
async fn dropping_a_group_kills_even_who_ignores_sigterm() {
    let mut started = start(
        &shell("trap '' TERM; sleep 600 & echo $!; wait; wait"),
        Output::Captured,
    )
    .unwrap();
    let grandchild = first_line(started.stdout.take().unwrap()).await;
    drop(started.group);
    wait_until_gone(&grandchild).await;
}

#[tokio::test]
async fn a_short_child_that_hangs_is_killed_at_its_deadline() {
    let error = run(&shell("sleep 600"), Duration::from_millis(50))
        .await
        .unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_short_child_tells_why_it_failed() {
    let finished = run(&shell("echo no >&2; exit 3"), Duration::from_secs(10))
        .await
        .unwrap();
    assert_eq!(finished.status.code(), Some(3));
    assert_eq!(finished.stderr, "no\n");
}
