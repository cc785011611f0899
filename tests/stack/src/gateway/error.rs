use crate::{aws, process_guard};
use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not listen on port {port}")]
    Port { port: u16, source: io::Error },
    #[error("could not prepare the folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("could not start the gateway's threads")]
    Threads(#[source] io::Error),
    #[error("template.yaml declares variables that have no value: {}", missing.join(", "))]
    NoValue {
        /// Each as `Function: VARIABLE`.
        missing: Vec<String>,
    },
    #[error("function {function} has no binary at {}: cargo build --workspace --bins", path.display())]
    NoBinary { function: String, path: PathBuf },
    #[error(transparent)]
    Aws(#[from] aws::Error),
}

/// Why an invocation has no response.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    #[error("template.yaml has no function {function}; it has {known}")]
    Unknown { function: String, known: String },
    #[error("function {function} could not be started")]
    Start { function: String, source: process_guard::Error },
    #[error("function {function} did not ask for an event within {timeout:?}: {last_output}")]
    NeverReady { function: String, timeout: Duration, last_output: String },
    #[error("function {function} ended ({status}): {last_output}")]
    Crashed { function: String, status: ExitStatus, last_output: String },
    #[error("function {function} took longer than {timeout:?}")]
    TimedOut { function: String, timeout: Duration },
    #[error("function {function} failed, {kind}: {message}")]
    Failed { function: String, kind: String, message: String },
    #[error("the event for function {function} is larger than the limit of Lambda")]
    TooLarge { function: String },
    #[error("all instances of function {function} are busy")]
    Busy { function: String },
    #[error("the response of function {function} is not JSON")]
    Malformed { function: String, source: serde_json::Error },
    #[error("the gateway was stopped during an invocation of function {function}")]
    Closed { function: String },
}
