//! An instance of a function: one process, which handles one event at a time.

use super::{
    InvokeError, START_TIMEOUT,
    environment::Environment,
    runtime_api::{Invocation, Outcome, RuntimeApi},
};
use crate::{ProcessGuard, process_guard, process_guard::GuardedCommand};
use axum::body::Bytes;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::sleep};

pub(super) struct Instance {
    function: String,
    process_guard: Arc<ProcessGuard>,
    runtime_api: RuntimeApi,
}

/// What to start.
pub(super) struct InstanceSpec<'a> {
    pub(super) function: &'a str,
    pub(super) program: &'a PathBuf,
    pub(super) environment: &'a Environment,
    pub(super) log: &'a PathBuf,
}

impl Instance {
    pub(super) async fn start(spec: &InstanceSpec<'_>) -> Result<Self, InvokeError> {
        let function = spec.function.to_owned();
        let failed = |source| InvokeError::Start { function: function.clone(), source };
        let runtime_api = RuntimeApi::start(spec.function).await.map_err(|source| {
            failed(process_guard::Error::Start {
                program: "the Runtime API server".to_owned(),
                source,
            })
        })?;
        let mut command = GuardedCommand::new(spec.program, spec.log)
            .env_clear()
            .stop_with("KILL", Duration::ZERO);
        for (name, value) in spec.environment {
            command = command.env(name, value);
        }
        let command = command.env("AWS_LAMBDA_RUNTIME_API", runtime_api.address.to_string());
        let process_guard = Arc::new(ProcessGuard::start(&command).map_err(failed)?);
        Ok(Self { function, process_guard, runtime_api })
    }

    pub(super) fn process_guard(&self) -> &Arc<ProcessGuard> {
        &self.process_guard
    }

    pub(super) fn is_alive(&self) -> bool {
        self.process_guard.status().is_none()
    }

    /// Waits until the new process asks for its first event. Fails if it exits or takes too long.
    pub(super) async fn ready(&mut self) -> Result<(), InvokeError> {
        tokio::select! {
            () = self.runtime_api.polled() => Ok(()),
            status = self.process_guard.wait() => Err(self.crashed(status)),
            () = sleep(START_TIMEOUT) => Err(InvokeError::NeverReady {
                function: self.function.clone(),
                timeout: START_TIMEOUT,
                last_output: self.process_guard.last_output(),
            }),
        }
    }

    pub(super) async fn invoke(
        &mut self,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, InvokeError> {
        let function = || self.function.clone();
        let (outcome, received) = oneshot::channel();
        let round = async {
            self.runtime_api.send(Invocation { payload, timeout, outcome }).await;
            received.await
        };
        tokio::select! {
            // A response counts even if the process exits right after it.
            biased;
            Ok(outcome) = round => match outcome {
                Outcome::Response(bytes) => Ok(bytes),
                Outcome::Error { kind, message } => Err(InvokeError::Failed { function: function(), kind, message }),
            },
            status = self.process_guard.wait() => Err(self.crashed(status)),
            () = sleep(timeout) => Err(InvokeError::TimedOut { function: function(), timeout }),
        }
    }

    fn crashed(&self, status: std::process::ExitStatus) -> InvokeError {
        let last_output = self.process_guard.last_output();
        InvokeError::Crashed { function: self.function.clone(), status, last_output }
    }
}
