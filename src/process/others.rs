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
    let mut found: Vec<_> = processes()
        .filter(|(pid, _)| *pid != std::process::id())
        .filter_map(|(pid, place)| {
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

/// Number and name of the process that listens on a port of this machine, where the system lets us
/// see it.
pub(crate) fn listener(port: u16) -> Option<(u32, String)> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let socket = format!("socket:[{}]", inode(&table, port)?);
    let listens = |place: &Path| {
        // Those of other users are closed to us.
        let open = std::fs::read_dir(place.join("fd")).into_iter().flatten();
        let mut links = open.filter_map(|open| std::fs::read_link(open.ok()?.path()).ok());
        links.any(|link| link.as_os_str() == &*socket)
    };
    let (pid, place) = processes().find(|(_, place)| listens(place))?;
    let name = std::fs::read_to_string(place.join("comm")).ok()?;
    Some((pid, name.trim().to_owned()))
}

/// The socket that listens on a port, by the table of `/proc/net/tcp` (proc_net_tcp: local address
/// and port in hexadecimal digits, state `0A` is listening, the tenth column is the inode).
fn inode(table: &str, port: u16) -> Option<&str> {
    let rows = table.lines().skip(1);
    let mut rows = rows.map(|row| row.split_whitespace().collect::<Vec<_>>());
    let end = format!(":{port:04X}");
    let row = rows.find(|row| {
        let local = row.get(1).is_some_and(|local| local.ends_with(&end));
        local && row.get(3) == Some(&"0A")
    });
    row?.get(9).copied()
}

/// Every process that `/proc` shows: its number, and its folder there.
fn processes() -> impl Iterator<Item = (u32, PathBuf)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
}

/// Whether a command line is that of a program with this name.
pub(crate) fn is_program(words: &[&str], name: &str) -> bool {
    let program = words.first().and_then(|word| Path::new(word).file_stem());
    program.is_some_and(|stem| stem == name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

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
        // A process is started a moment before the system shows its command line.
        let shown = async {
            loop {
                match others(is) {
                    found if found.is_empty() => tokio::task::yield_now().await,
                    found => return found,
                }
            }
        };
        let limit = std::time::Duration::from_secs(30);
        let found = tokio::time::timeout(limit, shown).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].folder.as_ref(), Some(&folder));
        started.group.end().await;
        assert!(others(|words| words.contains(&"no such word")).is_empty());
    }

    #[test]
    fn who_listens_on_a_port_is_found() {
        let ours = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = ours.local_addr().unwrap().port();
        let (pid, name) = listener(port).unwrap();
        assert_eq!(pid, std::process::id());
        assert!(!name.is_empty());
        drop(ours);
        assert_eq!(listener(port), None);
    }
}
