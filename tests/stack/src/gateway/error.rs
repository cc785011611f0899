use crate::{aws, leash};
use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("port {port} of this machine is taken")]
    Port { port: u16, source: io::Error },
    #[error("could not prepare the folder {}", path.display())]
    Run { path: PathBuf, source: io::Error },
    #[error("could not start the gateway's threads")]
    Threads(#[source] io::Error),
    #[error("template.yaml declares variables that nobody gives a value: {}", missing.join(", "))]
    NoValue {
        /// Each as `Function: VARIABLE`.
        missing: Vec<String>,
    },
    #[error("function {function} has no binary at {}: cargo build --workspace --bins", path.display())]
    NoBinary { function: String, path: PathBuf },
    #[error(transparent)]
    Aws(#[from] aws::Error),
}

/// Why an invocation brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    #[error("template.yaml has no function {function}; it has {known}")]
    Unknown { function: String, known: String },
    #[error("function {function} could not be started")]
    Start { function: String, source: leash::Error },
    #[error("function {function} did not ask for an event within {patience:?}: {last_words}")]
    NeverReady { function: String, patience: Duration, last_words: String },
    #[error("function {function} ended ({status}): {last_words}")]
    Crashed { function: String, status: ExitStatus, last_words: String },
    #[error("function {function} took longer than {timeout:?}")]
    TimedOut { function: String, timeout: Duration },
    #[error("function {function} failed, {kind}: {message}")]
    Failed { function: String, kind: String, message: String },
    #[error("the event for function {function} is larger than Lambda takes")]
    TooLarge { function: String },
    #[error("function {function} answered something that is not JSON")]
    Malformed { function: String, source: serde_json::Error },
    #[error("the gateway was stopped while function {function} was called")]
    Closed { function: String },
}
