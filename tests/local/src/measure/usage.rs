//! What the kernel knows of our processes. There is no such thing outside Linux: then all of it is zero.

use crate::Shop;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// The kernel counts in hundredths of a second, wherever Rust runs.
const TICK: Duration = Duration::from_millis(10);

/// CPU time so far and memory now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) functions: BTreeMap<String, Function>,
    pub(crate) database: Duration,
}

/// All instances of a function together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Function {
    pub(crate) instances: usize,
    pub(crate) cpu: Duration,
    /// Of the largest instance, in KiB.
    pub(crate) memory: u64,
}

impl Usage {
    pub(crate) fn look(shop: &Shop) -> Self {
        let mut functions = BTreeMap::new();
        for id in shop.template.functions.keys() {
            let pids = shop.gateway.pids(id).unwrap_or_default();
            let used = Function {
                instances: pids.len(),
                cpu: pids.iter().map(|pid| ticks(*pid)).sum(),
                memory: pids.iter().map(|pid| memory(*pid)).max().unwrap_or_default(),
            };
            functions.insert(id.clone(), used);
        }
        let database = shop.surroundings.postgres.pid().map(family);
        Self { functions, database: database.unwrap_or_default() }
    }

    pub(crate) fn since(mut self, before: &Self) -> Self {
        for (id, used) in &mut self.functions {
            let earlier = before.functions.get(id).copied().unwrap_or_default();
            used.cpu = used.cpu.saturating_sub(earlier.cpu);
        }
        self.database = self.database.saturating_sub(before.database);
        self
    }
}

/// Of a process and its children, those that have ended included.
fn family(root: u32) -> Duration {
    let children = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = children.filter(|pid| field(*pid, 1).is_some_and(|of| of == u64::from(root)));
    let ended = [13, 14].into_iter().filter_map(|at| field(root, at)).sum();
    ticks(root) + children.map(ticks).sum::<Duration>() + times(ended)
}

fn ticks(pid: u32) -> Duration {
    times([11, 12].into_iter().filter_map(|at| field(pid, at)).sum())
}

fn times(ticks: u64) -> Duration {
    TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// A number of /proc/<pid>/stat, counted after the name, which may hold anything.
fn field(pid: u32, at: usize) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(at)?.parse().ok()
}

fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// To the nanosecond, for a process that has just begun; threads that have ended do not count.
pub(crate) fn precise(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let told = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        told.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
