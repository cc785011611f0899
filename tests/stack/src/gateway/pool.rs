//! A function: as many instances as are needed at once, started on demand and used again.

use super::{
    Error, InvokeError, Options,
    desk::PAYLOAD_LIMIT,
    environment::Environment,
    instance::{Instance, Plan},
};
use crate::{Leash, Progress, template};
use axum::body::Bytes;
use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Semaphore;

/// What AWS grants a function that reserves nothing is far more than one machine has.
const UNRESERVED: usize = 10;

pub(super) struct Function {
    pub(super) spec: template::Function,
    pub(super) log: PathBuf,
    program: PathBuf,
    environment: Environment,
    progress: Progress,
    permits: Semaphore,
    instances: Mutex<Instances>,
}

#[derive(Default)]
struct Instances {
    closed: bool,
    /// The most recently used one last, and used first again.
    idle: Vec<Instance>,
    all: BTreeMap<u32, Arc<Leash>>,
}

pub(super) struct Answered {
    pub(super) function: String,
    pub(super) bytes: Bytes,
}

pub(super) type InvokeResult = Result<Answered, InvokeError>;

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
            log: options.run.join(format!("{}.log", spec.id)),
            program,
            environment,
            progress: options.progress.clone(),
            permits: Semaphore::new(size(spec, options)),
            instances: Mutex::default(),
            spec: spec.clone(),
        })
    }

    /// How many events this function works on at once.
    pub(super) fn size(&self, options: &Options) -> usize {
        size(&self.spec, options)
    }

    pub(super) async fn invoke(&self, payload: Bytes) -> InvokeResult {
        let outcome = self.try_invoke(payload).await;
        if let Err(error) = &outcome {
            self.note(error);
        }
        outcome
    }

    async fn try_invoke(&self, payload: Bytes) -> InvokeResult {
        let function = || self.spec.id.clone();
        if payload.len() > PAYLOAD_LIMIT {
            return Err(InvokeError::TooLarge { function: function() });
        }
        let closed = |_| InvokeError::Closed { function: function() };
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let mut instance = match self.reuse() {
            Some(instance) => instance,
            None => self.start().await?,
        };
        let outcome = instance.invoke(payload, self.spec.timeout).await;
        match &outcome {
            Ok(_) | Err(InvokeError::Failed { .. }) => self.lock().idle.push(instance),
            Err(_) => self.discard(&instance),
        }
        Ok(Answered { function: function(), bytes: outcome? })
    }

    /// Starts one more instance, which then waits for its first event.
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
            .filter(|(_, leash)| leash.status().is_none())
            .map(|(pid, _)| *pid)
            .collect()
    }

    /// Ends every instance, also those at work; nothing is started afterwards.
    pub(super) fn close(&self) {
        self.permits.close();
        let (idle, all) = {
            let mut instances = self.lock();
            instances.closed = true;
            (std::mem::take(&mut instances.idle), std::mem::take(&mut instances.all))
        };
        for leash in all.values() {
            leash.end();
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
        let plan = Plan {
            function: &self.spec.id,
            program: &self.program,
            environment: &self.environment,
            log: &self.log,
        };
        let mut instance = Instance::start(&plan).await?;
        {
            let mut instances = self.lock();
            if instances.closed {
                return Err(InvokeError::Closed { function: self.spec.id.clone() });
            }
            instances.all.insert(instance.leash().pid(), instance.leash().clone());
        }
        if let Err(error) = instance.ready().await {
            self.discard(&instance);
            return Err(error);
        }
        Ok(instance)
    }

    fn discard(&self, instance: &Instance) {
        let leash = instance.leash();
        leash.end();
        self.lock().all.remove(&leash.pid());
    }

    /// Lambda writes such lines into the function's log as well.
    fn note(&self, error: &dyn fmt::Display) {
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

fn size(spec: &template::Function, options: &Options) -> usize {
    spec.reserved_concurrency.unwrap_or(UNRESERVED).min(options.instances).max(1)
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.spec.id)
    }
}
