//! Other processes of this machine, as far as the system shows them to everybody.

use std::path::{Path, PathBuf};

/// A process that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Other {
    /// Its number.
    pub(crate) pid: u32,
    /// Where it works, if it is the same user's.
    pub(crate) folder: Option<PathBuf>,
}

/// Those with a command line that `is` takes, the latest first. None where the system does not show
/// them in `/proc`.
pub(crate) fn others(is: impl Fn(&[&str]) -> bool) -> Vec<Other> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<_> = numbers
        .filter(|pid| *pid != std::process::id())
        .filter_map(|pid: u32| {
            let place = Path::new("/proc").join(pid.to_string());
            let line = std::fs::read(place.join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line);
            let words: Vec<_> = line.split('\0').collect();
            is(&words).then(|| Other {
                pid,
                folder: std::fs::read_link(place.join("cwd")).ok(),
            })
        })
        .collect();
    found.sort_by_key(|other| std::cmp::Reverse(other.pid));
    found
}

/// Whether a command line is that of a program with this name.
pub(crate) fn is_program(words: &[&str], name: &str) -> bool {
    let program = words.first().and_then(|word| Path::new(word).file_stem());
    program.is_some_and(|stem| stem == name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::process::{CommandLine, Output, start};

    #[tokio::test]
    async fn a_process_is_found_by_its_command_line() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let mark = folder.join("mark").to_str().unwrap().to_owned();
        std::fs::write(&mark, "").unwrap();
        let command = CommandLine {
            program: "tail".into(),
            arguments: vec!["-f".into(), mark.clone().into()],
            folder: folder.clone(),
            variables: Vec::new(),
            without: Vec::new(),
        };
        let mut started = start(&command, Output::ToStderr).unwrap();
        let is = |words: &[&str]| is_program(words, "tail") && words.contains(&&*mark);
        let found = others(is);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].folder.as_ref(), Some(&folder));
        started.group.end().await;
        assert!(others(|words| words.contains(&"no such word")).is_empty());
    }
}
