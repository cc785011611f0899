//! Limits of the size and the cold start of each function: tests/load/budgets.json.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// The limits of a function, for the release profile.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub binary_kb: u64,
    /// CPU time until it asks for its first event.
    pub init_cpu_us: u64,
    /// CPU time from then until the first response.
    pub first_answer_cpu_us: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not read tests/load/budgets.json")]
    Read(#[from] std::io::Error),
    #[error("tests/load/budgets.json is malformed")]
    Parse(#[from] serde_json::Error),
}

/// The budgets by logical id.
pub fn all() -> Result<BTreeMap<String, Budget>, Error> {
    let file = stack::tools::workspace().join("tests/load/budgets.json");
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}

/// The CPU time of a cold start.
#[derive(Clone, Copy, Debug)]
pub struct StartCost {
    pub init: Duration,
    pub first_answer: Duration,
}

impl Budget {
    /// A description of the first limit that is exceeded, if one is.
    pub fn exceeded(&self, function: &str, bytes: u64, cost: Option<StartCost>) -> Option<String> {
        if bytes > self.binary_kb * 1000 {
            let limit = self.binary_kb;
            return Some(format!("{function}: binary of {} kB, limit {limit} kB", bytes / 1000));
        }
        let StartCost { init, first_answer } = cost?;
        let parts = [
            (init, self.init_cpu_us, "for initialisation"),
            (first_answer, self.first_answer_cpu_us, "for the first response"),
        ];
        parts.into_iter().find_map(|(cpu, limit, part)| {
            let limit = Duration::from_micros(limit);
            let exceeded = format!("{function}: {cpu:?} of CPU {part}, limit {limit:?}");
            (cpu > limit).then_some(exceeded)
        })
    }
}
