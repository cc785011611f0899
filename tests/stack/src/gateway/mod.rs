//! Stands where API Gateway, Lambda, the event source mappings and `EventBridge` stand: reads the routes from
//! template.yaml and speaks the Lambda Runtime API to the binaries that get deployed.

mod answer;
mod desk;
mod environment;
mod error;
mod event;
mod http;
mod instance;
mod pool;
mod queue;
mod route;
mod schedule;

use crate::{Aws, Progress, Template};
use pool::{Function, InvokeResult};
use route::Routes;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

pub use error::{Error, InvokeError};
pub use event::scheduled as scheduled_event;

/// A listening socket whose URL is known before anything answers at it, since others must be told the URL first.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

impl Door {
    /// Listens on loopback, on any free port if none is given.
    pub fn open(port: Option<u16>) -> Result<Self, Error> {
        let port = port.unwrap_or(0);
        let taken = |source| Error::Port { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        Ok(Self { listener, address })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// How the functions are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the binaries.
    pub binaries: PathBuf,
    /// The folder for the logs, one file per function.
    pub run: PathBuf,
    /// Values for the environment variables that the template declares.
    pub values: BTreeMap<String, String>,
    /// The most instances of one function.
    pub instances: usize,
    /// Whether schedules fire by themselves.
    pub schedules: bool,
    /// What every function gets besides, above all where AWS is; filled from [`Aws`] if there is one.
    pub env: BTreeMap<String, String>,
    /// Hears of every request and of every function that fails.
    pub progress: Progress,
}

impl Options {
    pub fn new(binaries: impl Into<PathBuf>, run: impl Into<PathBuf>) -> Self {
        Self {
            binaries: binaries.into(),
            run: run.into(),
            values: BTreeMap::new(),
            instances: 4,
            schedules: false,
            env: BTreeMap::new(),
            progress: Progress::silent(),
        }
    }
}

/// The running gateway. It has threads of its own, so it may outlive the runtime that started it.
#[derive(Debug)]
pub struct Gateway {
    url: String,
    run: PathBuf,
    functions: BTreeMap<String, Arc<Function>>,
    runtime: Option<Runtime>,
}

impl Gateway {
    /// Opens the door. With an [`Aws`] its queues feed the functions; without one they stay untouched.
    pub fn start(
        door: Door,
        template: &Template,
        aws: Option<&Aws>,
        options: &Options,
    ) -> Result<Self, Error> {
        let mut env = aws.map(Aws::env).unwrap_or_default();
        env.extend(options.env.clone());
        fs::create_dir_all(&options.run)
            .map_err(|source| Error::Run { path: options.run.clone(), source })?;
        let environments = environment::all(template, &env, &options.values)?;
        let mut functions = BTreeMap::new();
        for (spec, env) in template.functions.values().zip(environments) {
            functions.insert(spec.id.clone(), Arc::new(Function::new(spec, env, options)?));
        }

        let runtime = Builder::new_multi_thread().thread_name("gateway").enable_all().build();
        let runtime = runtime.map_err(Error::Threads)?;
        let url = door.url();
        let routes = Routes::new(template);
        http::serve(&runtime, door, routes, functions.clone(), options.progress.clone())?;
        for function in functions.values() {
            if let Some(aws) = aws {
                for source in &function.spec.sources {
                    let queue = queue::Queue::new(aws, template, source)?;
                    runtime.spawn(queue::feed(queue, function.clone(), function.size(options)));
                }
            }
            for schedule in function.spec.schedules.iter().filter(|_| options.schedules) {
                runtime.spawn(schedule::run(schedule.clone(), function.clone()));
            }
        }
        Ok(Self { url, run: options.run.clone(), functions, runtime: Some(runtime) })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder with the functions' logs.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The file with everything that the instances of a function print.
    pub fn log(&self, function: &str) -> Result<&Path, InvokeError> {
        Ok(&self.function(function)?.log)
    }

    /// Hands one event to a function, by its logical id, and returns its answer.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value, InvokeError> {
        let payload = event.to_string();
        let function = self.function(function)?.clone();
        let answer = self.on_our_threads(function, payload).await?;
        serde_json::from_slice(&answer.bytes)
            .map_err(|source| InvokeError::Malformed { function: answer.function, source })
    }

    /// Lets the clock of a function strike once, whatever its schedule says.
    pub async fn tick(&self, function: &str) -> Result<Value, InvokeError> {
        let schedules = &self.function(function)?.spec.schedules;
        let event = schedules.first().map_or_else(
            || Ok(event::scheduled(function, OffsetDateTime::now_utc())),
            |schedule| schedule::event(schedule, function),
        );
        self.invoke(function, &event?).await
    }

    /// Starts one more instance of a function, and returns once it asks for its first event.
    pub async fn warm(&self, function: &str) -> Result<(), InvokeError> {
        let function = self.function(function)?.clone();
        let closed = InvokeError::Closed { function: function.spec.id.clone() };
        let Some(runtime) = &self.runtime else { return Err(closed) };
        runtime.spawn(async move { function.warm().await }).await.unwrap_or(Err(closed))
    }

    /// The processes that a function has at the moment.
    pub fn pids(&self, function: &str) -> Result<Vec<u32>, InvokeError> {
        Ok(self.function(function)?.pids())
    }

    /// Closes the door and ends every instance.
    pub fn stop(self) {}

    fn function(&self, id: &str) -> Result<&Arc<Function>, InvokeError> {
        self.functions.get(id).ok_or_else(|| InvokeError::Unknown {
            function: id.to_owned(),
            known: self.functions.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    async fn on_our_threads(&self, function: Arc<Function>, payload: String) -> InvokeResult {
        let id = function.spec.id.clone();
        let Some(runtime) = &self.runtime else { return Err(InvokeError::Closed { function: id }) };
        let call = runtime.spawn(async move { function.invoke(payload.into()).await });
        call.await.unwrap_or(Err(InvokeError::Closed { function: id }))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        for function in self.functions.values() {
            function.close();
        }
    }
}

/// How long a new process may take until it asks for its first event.
const START_PATIENCE: Duration = Duration::from_secs(30);
