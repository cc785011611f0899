//! One process of one function, with one event at a time.

use super::{
    InvokeError, START_PATIENCE,
    desk::{Answer, Desk, Job},
    environment::Environment,
};
use crate::{Leash, leash, leash::Child};
use axum::body::Bytes;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::sleep};

pub(super) struct Instance {
    function: String,
    leash: Arc<Leash>,
    desk: Desk,
}

/// What an instance is made from.
pub(super) struct Plan<'a> {
    pub(super) function: &'a str,
    pub(super) program: &'a PathBuf,
    pub(super) environment: &'a Environment,
    pub(super) log: &'a PathBuf,
}

impl Instance {
    pub(super) async fn start(plan: &Plan<'_>) -> Result<Self, InvokeError> {
        let function = plan.function.to_owned();
        let failed = |source| InvokeError::Start { function: function.clone(), source };
        let desk = Desk::open(plan.function).await.map_err(|source| {
            failed(leash::Error::Start { program: "its Runtime API".to_owned(), source })
        })?;
        let mut child = Child::new(plan.program, plan.log).bare().ends_with("KILL", Duration::ZERO);
        for (name, value) in plan.environment {
            child = child.env(name, value);
        }
        let child = child.env("AWS_LAMBDA_RUNTIME_API", desk.address.to_string());
        let leash = Arc::new(Leash::start(&child).map_err(failed)?);
        Ok(Self { function, leash, desk })
    }

    pub(super) fn leash(&self) -> &Arc<Leash> {
        &self.leash
    }

    pub(super) fn is_alive(&self) -> bool {
        self.leash.status().is_none()
    }

    /// Waits until the new process asks for its first event.
    pub(super) async fn ready(&mut self) -> Result<(), InvokeError> {
        tokio::select! {
            () = self.desk.asked() => Ok(()),
            status = self.leash.ended() => Err(self.crashed(status)),
            () = sleep(START_PATIENCE) => Err(InvokeError::NeverReady {
                function: self.function.clone(),
                patience: START_PATIENCE,
                last_words: self.leash.last_words(),
            }),
        }
    }

    pub(super) async fn invoke(
        &mut self,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, InvokeError> {
        let function = || self.function.clone();
        let (answer, arrives) = oneshot::channel();
        let round = async {
            self.desk.hand_over(Job { payload, timeout, answer }).await;
            arrives.await
        };
        tokio::select! {
            // An answer counts even if the process ends right after it.
            biased;
            Ok(answer) = round => match answer {
                Answer::Done(bytes) => Ok(bytes),
                Answer::Failed { kind, message } => Err(InvokeError::Failed { function: function(), kind, message }),
            },
            status = self.leash.ended() => Err(self.crashed(status)),
            () = sleep(timeout) => Err(InvokeError::TimedOut { function: function(), timeout }),
        }
    }

    fn crashed(&self, status: std::process::ExitStatus) -> InvokeError {
        let last_words = self.leash.last_words();
        InvokeError::Crashed { function: self.function.clone(), status, last_words }
    }
}
