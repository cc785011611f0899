//! Reads functions, routes, queues and schedules from `template.yaml`.

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
    #[error("the template is not valid YAML")]
    Yaml(#[from] serde_yaml_ng::Error),
    #[error("template, {location}: expected {expected}, found {found}")]
    Shape { location: String, expected: &'static str, found: String },
    #[error("template, {location}: there is no {kind} {name}")]
    Unknown { location: String, kind: &'static str, name: String },
    #[error("template: {route} is declared by both {first} and {second}")]
    Twice { route: String, first: String, second: String },
}

/// The functions and queues of a template by logical id, the throttles of its routes, and the CORS rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub functions: BTreeMap<String, Function>,
    pub queues: BTreeMap<String, Queue>,
    /// The throttles of single routes, by route key.
    pub throttles: BTreeMap<String, Throttle>,
    /// Of the HTTP API, if it allows other origins.
    pub cors: Option<Cors>,
}

/// What a gateway lets through of a route, from all callers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Requests a second.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
}

/// `CorsConfiguration`, but for the origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    pub methods: Vec<String>,
    pub headers: Vec<String>,
    pub exposed: Vec<String>,
    /// In seconds.
    pub max_age: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub id: String,
    /// `CodeUri`, such as `functions/orders`.
    pub code: String,
    /// The name of the binary, which is the last segment of `code`.
    pub binary: String,
    pub timeout: Duration,
    pub memory_mb: u32,
    pub reserved_concurrency: Option<usize>,
    /// The names of the environment variables, including those of Globals.
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
    /// [`Route::DEFAULT`] for what no other route takes.
    pub path: String,
    pub api: Option<String>,
}

impl Route {
    pub const DEFAULT: &str = "$default";

    /// As API Gateway names it: `GET /v1/orders/{order_id}`, or `$default`.
    pub fn key(&self) -> String {
        if self.path == Self::DEFAULT {
            return self.path.clone();
        }
        format!("{} {}", self.method, self.path)
    }
}

/// An SQS event: a queue whose messages the function consumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The logical id of the queue.
    pub queue: String,
    pub batch_size: u32,
    /// `ReportBatchItemFailures`: whether the function names the failed messages of a batch.
    pub reports_failures: bool,
    pub max_concurrency: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The event's name in the template.
    pub name: String,
    pub expression: ScheduleExpression,
    /// JSON that the function gets in place of the default event.
    pub input: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleExpression {
    Rate(Duration),
    /// A `cron(…)` or `at(…)` expression, not parsed.
    Calendar(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub id: String,
    /// `QueueName`, else the logical id.
    pub name: String,
    pub fifo: bool,
    pub visibility_timeout: Duration,
    pub redrive: Option<Redrive>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The logical id of the dead letter queue.
    pub dead_letter_queue: String,
    pub max_receive_count: u32,
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

    /// All routes with their functions.
    pub fn routes(&self) -> impl Iterator<Item = (&Route, &Function)> {
        self.functions.values().flat_map(|f| f.routes.iter().map(move |route| (route, f)))
    }

    fn check_references(&self) -> Result<(), Error> {
        let known = |location: String, queue: &String| {
            if self.queues.contains_key(queue) {
                return Ok(());
            }
            Err(Error::Unknown { location, kind: "queue", name: queue.clone() })
        };
        for function in self.functions.values() {
            for source in &function.sources {
                known(format!("events of {}", function.id), &source.queue)?;
            }
        }
        for queue in self.queues.values() {
            if let Some(redrive) = &queue.redrive {
                known(format!("RedrivePolicy of {}", queue.id), &redrive.dead_letter_queue)?;
            }
        }
        let mut taken = BTreeMap::new();
        for (route, function) in self.routes() {
            let key = (&route.api, route.key());
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
