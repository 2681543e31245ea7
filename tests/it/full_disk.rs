//! A full disk: nothing half-written stays, of a new app or of a module for one that is there.

use crate::support::env::{CONNECT, TestEnv};
use crate::support::left_out;

/// Runs a script of the shell in an empty folder on a disk of 512 kB of its own; `$0` is the program. None where
/// the system lets nobody mount, which is said.
fn on_a_small_disk(env: &TestEnv, script: &str) -> Option<(bool, String)> {
    let mounted = "mount -t tmpfs -o size=512k none . && cd \"$PWD\"";
    let unshare = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let sh = |script: &str| {
        snapbox::cmd::Command::new("unshare")
            .args(unshare)
            .args([script, CONNECT])
            .current_dir(env.folder())
            .env_clear()
            .envs(env.variables())
            .timeout(crate::support::DEADLINE)
            .assert()
    };
    if !sh(mounted).get_output().status.success() {
        left_out("nobody may mount a small disk here, so none was filled");
        return None;
    }
    let ran = sh(&format!("{mounted}\n{script}"));
    let output = ran.get_output();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    Some((output.status.success(), text))
}

#[test]
fn a_full_disk_leaves_nothing_of_a_new_app() {
    let env = TestEnv::new();
    let script = "\"$0\" new hello --yes; echo \"exit $?\"; ls -A | grep . && exit 1; exit 0";
    let Some((empty, shown)) = on_a_small_disk(&env, script) else {
        return;
    };
    assert!(empty, "{shown}");
    assert!(shown.contains("exit 1\n"), "{shown}");
    assert!(
        shown.contains("error[new/not-written]: cannot write"),
        "{shown}"
    );
    assert!(
        shown.contains("caused by: No space left on device"),
        "{shown}"
    );
}

#[test]
fn a_full_disk_leaves_an_app_as_it_was_when_a_module_is_added() {
    let env = TestEnv::new();
    let script = r#"
        "$0" new hello --yes -q --runtime registry --vcs none || exit 2
        sums() { find . -type f ! -name filler | sort | xargs cksum; }
        before=$(sums)
        dd if=/dev/zero of=filler bs=1k 2>/dev/null
        "$0" -C hello add module generalPages && exit 3
        after=$(sums)
        [ "$before" = "$after" ]
    "#;
    let Some((same, shown)) = on_a_small_disk(&env, script) else {
        return;
    };
    assert!(same, "{shown}");
    assert!(
        shown.contains("caused by: No space left on device"),
        "{shown}"
    );
}
