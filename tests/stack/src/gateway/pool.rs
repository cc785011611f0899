//! A function and its instances, which are started on demand and reused.

use super::{
    Error, InvokeError, Options,
    environment::Environment,
    instance::{Instance, InstanceSpec},
    runtime_api::PAYLOAD_LIMIT,
};
use crate::{ProcessGuard, Progress, template};
use axum::body::Bytes;
use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, TryAcquireError};

/// The limit for a function without reserved concurrency. AWS allows more, but one machine cannot run it.
const DEFAULT_CONCURRENCY: usize = 10;

pub(super) struct Function {
    pub(super) spec: template::Function,
    pub(super) log: PathBuf,
    program: PathBuf,
    environment: Environment,
    progress: Progress,
    permits: Semaphore,
    refuse_when_busy: bool,
    instances: Mutex<Instances>,
}

#[derive(Default)]
struct Instances {
    closed: bool,
    /// The most recently used instance is the last, and is reused first.
    idle: Vec<Instance>,
    /// All running instances, by process id.
    all: BTreeMap<u32, Arc<ProcessGuard>>,
}

pub(super) struct InvokeResponse {
    pub(super) function: String,
    pub(super) bytes: Bytes,
}

pub(super) type InvokeResult = Result<InvokeResponse, InvokeError>;

impl Function {
    pub(super) fn new(
        spec: &template::Function,
        environment: Environment,
        options: &Options,
    ) -> Result<Self, Error> {
        let program = options.binaries.join(&spec.binary);
        if !program.is_file() {
            return Err(Error::NoBinary { function: spec.id.clone(), path: program });
        }
        Ok(Self {
            log: options.log_folder.join(format!("{}.log", spec.id)),
            program,
            environment,
            progress: options.progress.clone(),
            permits: Semaphore::new(concurrency(spec, options)),
            refuse_when_busy: options.refuse_when_busy,
            instances: Mutex::default(),
            spec: spec.clone(),
        })
    }

    /// How many events this function handles concurrently.
    pub(super) fn concurrency(&self, options: &Options) -> usize {
        concurrency(&self.spec, options)
    }

    pub(super) async fn invoke(&self, payload: Bytes) -> InvokeResult {
        let outcome = self.try_invoke(payload).await;
        if let Err(error) = &outcome {
            self.log_error(error);
        }
        outcome
    }

    async fn try_invoke(&self, payload: Bytes) -> InvokeResult {
        let function = || self.spec.id.clone();
        if payload.len() > PAYLOAD_LIMIT {
            return Err(InvokeError::TooLarge { function: function() });
        }
        let closed = |_| InvokeError::Closed { function: function() };
        let _permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(TryAcquireError::NoPermits) if self.refuse_when_busy => {
                return Err(InvokeError::Busy { function: function() });
            }
            Err(_) => self.permits.acquire().await.map_err(closed)?,
        };
        let mut instance = match self.reuse() {
            Some(instance) => instance,
            None => self.start().await?,
        };
        let outcome = instance.invoke(payload, self.spec.timeout).await;
        match &outcome {
            Ok(_) | Err(InvokeError::Failed { .. }) => self.lock().idle.push(instance),
            Err(_) => self.discard(&instance),
        }
        Ok(InvokeResponse { function: function(), bytes: outcome? })
    }

    /// Starts one more instance, which then is idle.
    pub(super) async fn warm(&self) -> Result<(), InvokeError> {
        let closed = |_| InvokeError::Closed { function: self.spec.id.clone() };
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let instance = self.start().await?;
        self.lock().idle.push(instance);
        Ok(())
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        let instances = self.lock();
        instances
            .all
            .iter()
            .filter(|(_, process_guard)| process_guard.status().is_none())
            .map(|(pid, _)| *pid)
            .collect()
    }

    /// Stops every instance, also the busy ones; none is started afterwards.
    pub(super) fn close(&self) {
        self.permits.close();
        let (idle, all) = {
            let mut instances = self.lock();
            instances.closed = true;
            (std::mem::take(&mut instances.idle), std::mem::take(&mut instances.all))
        };
        for process_guard in all.values() {
            process_guard.stop();
        }
        drop(idle);
    }

    fn reuse(&self) -> Option<Instance> {
        loop {
            let instance = self.lock().idle.pop()?;
            if instance.is_alive() {
                return Some(instance);
            }
            self.discard(&instance);
        }
    }

    async fn start(&self) -> Result<Instance, InvokeError> {
        let spec = InstanceSpec {
            function: &self.spec.id,
            program: &self.program,
            environment: &self.environment,
            log: &self.log,
        };
        let mut instance = Instance::start(&spec).await?;
        {
            let mut instances = self.lock();
            if instances.closed {
                return Err(InvokeError::Closed { function: self.spec.id.clone() });
            }
            instances.all.insert(instance.process_guard().pid(), instance.process_guard().clone());
        }
        if let Err(error) = instance.ready().await {
            self.discard(&instance);
            return Err(error);
        }
        Ok(instance)
    }

    fn discard(&self, instance: &Instance) {
        let process_guard = instance.process_guard();
        process_guard.stop();
        self.lock().all.remove(&process_guard.pid());
    }

    /// Appends the error to the log of the function, as Lambda does.
    fn log_error(&self, error: &dyn fmt::Display) {
        self.progress.say(&error.to_string());
        let log = fs::File::options().create(true).append(true).open(&self.log);
        if let Ok(mut log) = log {
            let _ = writeln!(log, "gateway: {error}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Instances> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn concurrency(spec: &template::Function, options: &Options) -> usize {
    spec.reserved_concurrency.unwrap_or(DEFAULT_CONCURRENCY).min(options.instances).max(1)
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.spec.id)
    }
}
