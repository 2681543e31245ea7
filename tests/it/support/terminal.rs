//! The program on a terminal of its own.

use serde_json::Value;
use snapbox::cmd::Command;

use crate::support::env::{CONNECT, TestEnv};
use crate::support::left_out;

/// What a program did on a terminal.
pub(crate) struct OnTerminal {
    /// Everything it wrote, escape sequences too.
    pub(crate) shown: String,
    /// Its exit code; negative for the signal that ended it.
    pub(crate) code: i64,
}

/// Runs the program on a terminal, closes that when it shows a text, and says how it ended. None as
/// with [`press`].
pub(crate) fn hang_up(env: &TestEnv, text: &str, arguments: &[&str]) -> Option<i64> {
    press(env, text, "hangup", arguments).map(|ended| ended.code)
}

/// Runs the program on a terminal and presses keys when it shows a text. None when Python, which
/// makes the terminal, is missing; that is said, and with `CONNECT_REQUIRE_TOOLS` it fails.
pub(crate) fn press(
    env: &TestEnv,
    text: &str,
    keys: &str,
    arguments: &[&str],
) -> Option<OnTerminal> {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/support/on_terminal.py"
    );
    let python = ["/usr/local/bin/python3", "/usr/bin/python3"];
    let Some(python) = python
        .iter()
        .find(|path| std::path::Path::new(path).exists())
    else {
        left_out("python3 is not installed, so nothing was tried on a terminal");
        return None;
    };
    let output = Command::new(python)
        .args([script, text, keys, CONNECT])
        .args(arguments)
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .env("TERM", "xterm")
        .timeout(crate::support::DEADLINE)
        .assert()
        .success();
    let ended: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let shown = ended["shown"].as_str().unwrap().to_owned();
    assert_eq!(ended["pressed"], true, "`{text}` was not shown: {shown}");
    assert_eq!(ended["restored"], true, "the terminal was changed: {shown}");
    Some(OnTerminal {
        shown,
        code: ended["code"].as_i64().unwrap(),
    })
}
