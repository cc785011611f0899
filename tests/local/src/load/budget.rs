//! What a function may weigh, and what its start and its first answer may cost: tests/load/budgets.json.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// The most of each, for a binary of the release profile.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub binary_kb: u64,
    /// Until it asks for its first event.
    pub init_cpu_us: u64,
    /// From there to the first answer.
    pub first_answer_cpu_us: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("tests/load/budgets.json cannot be read")]
    Gone(#[from] std::io::Error),
    #[error("tests/load/budgets.json makes no sense")]
    Nonsense(#[from] serde_json::Error),
}

/// Each function's budget, by its logical id.
pub fn all() -> Result<BTreeMap<String, Budget>, Error> {
    let file = stack::tools::workspace().join("tests/load/budgets.json");
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}

/// What the start of a function cost.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub init: Duration,
    pub first_answer: Duration,
}

impl Budget {
    /// What is too much, in words.
    pub fn exceeded(&self, function: &str, bytes: u64, spent: Option<Spent>) -> Option<String> {
        if bytes > self.binary_kb * 1000 {
            let most = self.binary_kb;
            return Some(format!("{function} weighs {} kB, more than {most}", bytes / 1000));
        }
        let Spent { init, first_answer } = spent?;
        let parts = [
            (init, self.init_cpu_us, "until it asks for its first event"),
            (first_answer, self.first_answer_cpu_us, "from there to its first answer"),
        ];
        parts.into_iter().find_map(|(cpu, most, part)| {
            let most = Duration::from_micros(most);
            let over = format!("{function} spends {cpu:?} {part}, more than {most:?}");
            (cpu > most).then_some(over)
        })
    }
}
