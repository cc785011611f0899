//! A local API Gateway and Lambda, with event source mappings and `EventBridge` schedules: reads the routes from
//! template.yaml and runs the deployed binaries through the Lambda Runtime API.

mod cors;
mod environment;
mod error;
mod event;
mod event_source;
mod http;
mod instance;
mod pool;
mod response;
mod route;
mod runtime_api;
mod schedule;
mod throttle;

use crate::{Aws, Progress, Template};
use cors::CorsPolicy;
use event_source::EventSourceMapping;
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
use throttle::Throttles;
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

pub use error::{Error, InvokeError};
pub use event::scheduled as scheduled_event;

/// A listening socket. Its URL is known before the gateway starts, since the settings of the functions need it.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on loopback, on any free port if none is given.
    pub fn bind(port: Option<u16>) -> Result<Self, Error> {
        let port = port.unwrap_or(0);
        let taken = |source| Error::Port { port, source };
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
        socket.set_nonblocking(true).map_err(taken)?;
        let address = socket.local_addr().map_err(taken)?;
        Ok(Self { socket, address })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// How to run the functions.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the binaries.
    pub binaries: PathBuf,
    /// The folder for the logs, one file per function.
    pub log_folder: PathBuf,
    /// The values of the environment variables that the template declares.
    pub values: BTreeMap<String, String>,
    /// The maximum number of instances of one function.
    pub instances: usize,
    /// Whether an invocation beyond the concurrency of a function, or beyond the throttle of its route, is refused, as in
    /// AWS; else it waits.
    pub refuse_when_busy: bool,
    /// Whether scheduled functions are invoked by their schedules.
    pub schedules: bool,
    /// Further variables for every function; those of [`Aws::env`] are added if the gateway gets an [`Aws`].
    pub env: BTreeMap<String, String>,
    /// Receives a line for every request and for every failed invocation.
    pub progress: Progress,
}

impl Options {
    pub fn new(binaries: impl Into<PathBuf>, log_folder: impl Into<PathBuf>) -> Self {
        Self {
            binaries: binaries.into(),
            log_folder: log_folder.into(),
            values: BTreeMap::new(),
            instances: 4,
            refuse_when_busy: false,
            schedules: false,
            env: BTreeMap::new(),
            progress: Progress::silent(),
        }
    }
}

/// The running gateway. It has its own threads, so it may outlive the runtime that started it.
#[derive(Debug)]
pub struct Gateway {
    url: String,
    log_folder: PathBuf,
    functions: BTreeMap<String, Arc<Function>>,
    runtime: Option<Runtime>,
}

impl Gateway {
    /// Starts to serve requests. With an [`Aws`], its queues are polled for the functions that consume them.
    pub fn start(
        listener: Listener,
        template: &Template,
        aws: Option<&Aws>,
        options: &Options,
    ) -> Result<Self, Error> {
        let mut env = aws.map(Aws::env).unwrap_or_default();
        env.extend(options.env.clone());
        fs::create_dir_all(&options.log_folder)
            .map_err(|source| Error::Folder { path: options.log_folder.clone(), source })?;
        let environments = environment::all(template, &env, &options.values)?;
        let mut functions = BTreeMap::new();
        for (spec, env) in template.functions.values().zip(environments) {
            functions.insert(spec.id.clone(), Arc::new(Function::new(spec, env, options)?));
        }

        let runtime = Builder::new_multi_thread().thread_name("gateway").enable_all().build();
        let runtime = runtime.map_err(Error::Threads)?;
        let url = listener.url();
        let (routes, cors) = (Routes::new(template), CorsPolicy::new(template.cors.as_ref()));
        let throttles =
            if options.refuse_when_busy { Throttles::of(template) } else { Throttles::default() };
        let progress = options.progress.clone();
        http::serve(&runtime, listener, routes, throttles, cors, functions.clone(), progress)?;
        for function in functions.values() {
            if let Some(aws) = aws {
                for source in &function.spec.sources {
                    let mapping = EventSourceMapping::new(aws, template, source)?;
                    let concurrency = function.concurrency(options);
                    runtime.spawn(event_source::poll(mapping, function.clone(), concurrency));
                }
            }
            for schedule in function.spec.schedules.iter().filter(|_| options.schedules) {
                runtime.spawn(schedule::run(schedule.clone(), function.clone()));
            }
        }
        Ok(Self { url, log_folder: options.log_folder.clone(), functions, runtime: Some(runtime) })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder with the logs of the functions.
    pub fn log_folder(&self) -> &Path {
        &self.log_folder
    }

    /// The log file of a function: everything its instances print.
    pub fn log(&self, function: &str) -> Result<&Path, InvokeError> {
        Ok(&self.function(function)?.log)
    }

    /// Invokes a function, by its logical id in the template, and returns its response.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value, InvokeError> {
        let payload = event.to_string();
        let function = self.function(function)?.clone();
        let response = self.invoke_on_runtime(function, payload).await?;
        serde_json::from_slice(&response.bytes)
            .map_err(|source| InvokeError::Malformed { function: response.function, source })
    }

    /// Invokes a function once with the event of its schedule, or a default scheduled event.
    pub async fn tick(&self, function: &str) -> Result<Value, InvokeError> {
        let schedules = &self.function(function)?.spec.schedules;
        let event = schedules.first().map_or_else(
            || Ok(event::scheduled(function, OffsetDateTime::now_utc())),
            |schedule| schedule::event(schedule, function),
        );
        self.invoke(function, &event?).await
    }

    /// Starts one more instance of a function and returns when it has initialised, that is, asks for its first event.
    pub async fn warm(&self, function: &str) -> Result<(), InvokeError> {
        let function = self.function(function)?.clone();
        let closed = InvokeError::Closed { function: function.spec.id.clone() };
        let Some(runtime) = &self.runtime else { return Err(closed) };
        runtime.spawn(async move { function.warm().await }).await.unwrap_or(Err(closed))
    }

    /// The process ids of the running instances of a function.
    pub fn pids(&self, function: &str) -> Result<Vec<u32>, InvokeError> {
        Ok(self.function(function)?.pids())
    }

    /// Stops serving and ends every instance.
    pub fn stop(self) {}

    fn function(&self, id: &str) -> Result<&Arc<Function>, InvokeError> {
        self.functions.get(id).ok_or_else(|| InvokeError::Unknown {
            function: id.to_owned(),
            known: self.functions.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    async fn invoke_on_runtime(&self, function: Arc<Function>, payload: String) -> InvokeResult {
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

/// The longest initialisation of an instance, until it asks for its first event.
const START_TIMEOUT: Duration = Duration::from_secs(30);
