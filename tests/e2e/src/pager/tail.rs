//! The lines that functions have logged since they were last read.

use invariants::Logs;
use std::collections::BTreeMap;
use std::path::Path;

/// How many lines of each function were read.
#[derive(Debug, Default)]
pub(crate) struct Tail(BTreeMap<String, usize>);

impl Tail {
    /// The lines in a folder since the last call, each with its function.
    pub(crate) fn new_lines(&mut self, folder: &Path) -> Vec<(String, String)> {
        let mut count = BTreeMap::<String, usize>::new();
        let mut new = Vec::new();
        for (function, line) in Logs::read(folder).unwrap().lines() {
            let count = count.entry(function.clone()).or_default();
            *count += 1;
            if *count > self.0.get(function).copied().unwrap_or_default() {
                new.push((function.clone(), line.clone()));
            }
        }
        self.0 = count;
        new
    }
}
