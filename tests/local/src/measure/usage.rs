//! CPU time and memory of the functions and PostgreSQL, from `/proc`. Outside Linux everything is zero.

use crate::Shop;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// The unit of CPU times in `/proc`, `1 / sysconf(_SC_CLK_TCK)`, which is 10 ms on all common systems.
const TICK: Duration = Duration::from_millis(10);

/// CPU time so far, and current memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) functions: BTreeMap<String, Function>,
    pub(crate) database: Duration,
}

/// The sum over all instances of a function.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Function {
    pub(crate) instances: usize,
    pub(crate) cpu: Duration,
    /// The resident memory of the largest instance, in KiB.
    pub(crate) memory: u64,
}

impl Usage {
    pub(crate) fn read(shop: &Shop) -> Self {
        let mut functions = BTreeMap::new();
        for id in shop.template.functions.keys() {
            let pids = shop.gateway.pids(id).unwrap_or_default();
            let used = Function {
                instances: pids.len(),
                cpu: pids.iter().map(|pid| cpu(*pid)).sum(),
                memory: pids.iter().map(|pid| memory(*pid)).max().unwrap_or_default(),
            };
            functions.insert(id.clone(), used);
        }
        let database = shop.services.postgres.pid().map(tree_cpu);
        Self { functions, database: database.unwrap_or_default() }
    }

    /// The CPU time since `before`.
    pub(crate) fn since(mut self, before: &Self) -> Self {
        for (id, used) in &mut self.functions {
            let earlier = before.functions.get(id).copied().unwrap_or_default();
            used.cpu = used.cpu.saturating_sub(earlier.cpu);
        }
        self.database = self.database.saturating_sub(before.database);
        self
    }
}

/// The CPU time of a process and its children, including those that have exited.
fn tree_cpu(root: u32) -> Duration {
    let children = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children =
        children.filter(|pid| field(*pid, 1).is_some_and(|parent| parent == u64::from(root)));
    let exited = [13, 14].into_iter().filter_map(|at| field(root, at)).sum();
    cpu(root) + children.map(cpu).sum::<Duration>() + duration(exited)
}

fn cpu(pid: u32) -> Duration {
    duration([11, 12].into_iter().filter_map(|at| field(pid, at)).sum())
}

fn duration(ticks: u64) -> Duration {
    TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// A number of `/proc/<pid>/stat`, counted from 0 after the command name, which may contain anything.
fn field(pid: u32, at: usize) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(at)?.parse().ok()
}

/// The resident memory of a process in KiB.
pub(crate) fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The CPU time of a process in nanoseconds, without threads that have exited.
pub(crate) fn exact_cpu(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
