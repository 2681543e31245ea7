//! Which process listens on a port of this machine.

/// Number and name of the process that listens there, where the system lets us see it.
#[cfg(target_os = "linux")]
pub(crate) fn listener(port: u16) -> Option<(u32, String)> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let socket = format!("socket:[{}]", inode(&table, port)?);
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    for process in processes {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // Those of other users are closed to us.
        let Ok(open) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let mut links = open
            .flatten()
            .filter_map(|open| std::fs::read_link(open.path()).ok());
        if links.any(|link| link.as_os_str() == &*socket) {
            let name = std::fs::read_to_string(process.path().join("comm")).ok()?;
            return Some((pid, name.trim().to_owned()));
        }
    }
    None
}

/// The socket that listens on a port, by the table of `/proc/net/tcp` (proc_net_tcp: local address
/// and port in hexadecimal digits, state `0A` is listening, the tenth column is the inode).
#[cfg(target_os = "linux")]
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

/// Elsewhere there is no such table.
#[cfg(not(target_os = "linux"))]
pub(crate) fn listener(_port: u16) -> Option<(u32, String)> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

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
