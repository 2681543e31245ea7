//! What a process uses, as the system counts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use rustix::process::Pid;

/// What a process uses now, and its threads have used so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    /// Memory, in MB.
    pub(crate) memory: f64,
    /// By its threads: time on a processor, and how often it waited and was woken.
    threads: BTreeMap<OsString, (Duration, u64)>,
}

impl Usage {
    /// Time on a processor and wakes since `before`, of threads that have not ended meanwhile.
    pub(crate) fn since(&self, before: &Self) -> (Duration, u64) {
        let mut sum = (Duration::ZERO, 0);
        for (thread, (cpu, wakes)) in &self.threads {
            let (then, woken) = before.threads.get(thread).copied().unwrap_or_default();
            sum.0 += cpu.saturating_sub(then);
            sum.1 += wakes.saturating_sub(woken);
        }
        sum
    }
}

/// What a process uses; nothing if it is gone.
pub(crate) fn usage(pid: Pid) -> Usage {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut usage = Usage {
        memory: field(&status, "VmRSS:") as f64 / 1024.0,
        ..Usage::default()
    };
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let on_processor = read("schedstat");
        let nanoseconds = on_processor
            .split(' ')
            .next()
            .and_then(|text| text.parse().ok());
        let cpu = Duration::from_nanos(nanoseconds.unwrap_or_default());
        let wakes = field(&read("status"), "voluntary_ctxt_switches:");
        usage.threads.insert(task.file_name(), (cpu, wakes));
    }
    usage
}

/// Tasks that ran or waited for a processor, over the last minutes.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let averages: Vec<_> = load.split(' ').take(3).collect();
    format!("{} on {cores} cores", averages.join(" "))
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}
