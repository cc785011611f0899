//! What `template.yaml` says about functions, routes, queues and schedules.

mod node;
mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the template is not YAML")]
    Yaml(#[from] serde_yaml_ng::Error),
    #[error("template, {place}: expected {expected}, found {found}")]
    Shape { place: String, expected: &'static str, found: String },
    #[error("template, {place}: there is no {kind} {name}")]
    Unknown { place: String, kind: &'static str, name: String },
    #[error("template: {route} leads to both {first} and {second}")]
    Twice { route: String, first: String, second: String },
}

/// The template by logical ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub functions: BTreeMap<String, Function>,
    pub queues: BTreeMap<String, Queue>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub id: String,
    /// `functions/orders`
    pub code: String,
    /// `orders`, the last word of the code's folder
    pub binary: String,
    pub timeout: Duration,
    pub memory_mb: u32,
    pub reserved_concurrency: Option<usize>,
    /// The names of the environment variables, those of Globals included.
    pub variables: BTreeSet<String>,
    pub routes: Vec<Route>,
    pub sources: Vec<Source>,
    pub schedules: Vec<Schedule>,
}

/// One `HttpApi` event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Upper case, or `ANY`.
    pub method: String,
    pub path: String,
    pub api: Option<String>,
}

/// One SQS event: a queue that feeds the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub queue: String,
    pub batch_size: u32,
    /// Whether the function names the failed messages of a batch.
    pub reports_failures: bool,
    pub max_concurrency: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The event's name in the template.
    pub name: String,
    pub when: When,
    /// JSON that the function gets instead of the usual event.
    pub input: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    Every(Duration),
    /// A `cron(…)` or `at(…)` expression, kept as written.
    Calendar(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub id: String,
    /// Its `QueueName`, else its logical id.
    pub name: String,
    pub fifo: bool,
    pub visibility_timeout: Duration,
    pub redrive: Option<Redrive>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The logical id of the queue for dead letters.
    pub dead_letters: String,
    pub after_receives: u32,
}

impl Template {
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
        Self::parse(&text)
    }

    pub fn parse(text: &str) -> Result<Self, Error> {
        let template = read::template(&serde_yaml_ng::from_str(text)?)?;
        template.check_references()?;
        Ok(template)
    }

    /// Every route with the function behind it.
    pub fn routes(&self) -> impl Iterator<Item = (&Route, &Function)> {
        self.functions.values().flat_map(|f| f.routes.iter().map(move |route| (route, f)))
    }

    fn check_references(&self) -> Result<(), Error> {
        let known = |place: String, queue: &String| {
            if self.queues.contains_key(queue) {
                return Ok(());
            }
            Err(Error::Unknown { place, kind: "queue", name: queue.clone() })
        };
        for function in self.functions.values() {
            for source in &function.sources {
                known(format!("events of {}", function.id), &source.queue)?;
            }
        }
        for queue in self.queues.values() {
            if let Some(redrive) = &queue.redrive {
                known(format!("RedrivePolicy of {}", queue.id), &redrive.dead_letters)?;
            }
        }
        let mut taken = BTreeMap::new();
        for (route, function) in self.routes() {
            let key = (&route.api, format!("{} {}", route.method, route.path));
            if let Some(first) = taken.insert(key.clone(), &function.id) {
                let (first, second) = (first.clone(), function.id.clone());
                return Err(Error::Twice { route: key.1, first, second });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
