//! Child processes that never outlive this process, even if it is killed: each runs under a small `sh` that reads a
//! pipe whose other end this process holds, and stops the child when the pipe closes.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs, io,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::Mutex,
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::watch;

/// `$1`: the signal that asks the child to exit; `$2`: its grace period in tenths of a second; `$3`: a folder to remove
/// afterwards, or empty; the rest: the command. `kill -s TERM 0` ends what the child has left behind in its process
/// group.
const SUPERVISOR: &str = r#"
signal=$1 grace=$2 folder=$3
shift 3
exec 3>&1 1>&2 4<&0 0</dev/null
"$@" 3>&- 4<&- &
child=$!
echo "$child" >&3
{
    read -r _ <&4
    kill -s "$signal" "$child"
    while [ "$grace" -gt 0 ] && kill -s 0 "$child"; do
        sleep 0.1
        grace=$((grace - 1))
    done
    kill -s KILL "$child"
} 2>/dev/null 3>&- &
watcher=$!
exec 4<&-
wait "$child"
code=$?
trap '' TERM
kill -s KILL "$watcher" 2>/dev/null
kill -s TERM 0
[ -z "$folder" ] || rm -rf "$folder"
exit "$code"
"#;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not start {program}")]
    Start { program: String, source: io::Error },
    #[error("could not write the log {}", path.display())]
    Log { path: PathBuf, source: io::Error },
    #[error("could not send {signal} to process {pid}")]
    Signal { signal: String, pid: u32 },
}

/// A command to run under a guard, and how to stop it.
#[derive(Debug)]
pub struct GuardedCommand {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    removed_env: Vec<OsString>,
    env_clear: bool,
    log: PathBuf,
    stop_signal: &'static str,
    grace_period: Duration,
    folder_to_remove: Option<PathBuf>,
}

impl GuardedCommand {
    /// `program`, with its output appended to the file `log`. Stopped with SIGTERM and a grace period of 5 s.
    pub fn new(program: impl AsRef<OsStr>, log: impl Into<PathBuf>) -> Self {
        Self {
            program: program.as_ref().into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            removed_env: Vec::new(),
            env_clear: false,
            log: log.into(),
            stop_signal: "TERM",
            grace_period: Duration::from_secs(5),
            folder_to_remove: None,
        }
    }

    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().into()));
        self
    }

    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().into(), value.as_ref().into());
        self
    }

    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.removed_env.push(name.as_ref().into());
        self
    }

    /// The child inherits no environment variables.
    #[must_use]
    pub fn env_clear(mut self) -> Self {
        self.env_clear = true;
        self
    }

    /// Stops the child with this signal ("INT", "TERM", …), and with SIGKILL after the grace period.
    #[must_use]
    pub fn stop_with(mut self, stop_signal: &'static str, grace_period: Duration) -> Self {
        (self.stop_signal, self.grace_period) = (stop_signal, grace_period);
        self
    }

    /// Removes the folder after the child has exited.
    #[must_use]
    pub fn remove_on_exit(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder_to_remove = Some(folder.into());
        self
    }

    fn command(&self) -> Result<Command, Error> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(|source| Error::Log { path: self.log.clone(), source })?;
        let mut command = Command::new("/bin/sh");
        if self.env_clear {
            command.env_clear();
        }
        for name in &self.removed_env {
            command.env_remove(name);
        }
        command
            .envs(&self.env)
            .args(["-c", SUPERVISOR, "process-guard", self.stop_signal])
            .arg((self.grace_period.as_millis() / 100).to_string())
            .arg(self.folder_to_remove.as_deref().unwrap_or(Path::new("")))
            .arg(&self.program)
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C in the terminal signals this process only, which then stops its children in order.
            .process_group(0);
        Ok(command)
    }
}

/// A running child process; it is stopped when this is dropped.
#[derive(Debug)]
pub struct ProcessGuard {
    pid: u32,
    log: PathBuf,
    pipe: Mutex<Option<ChildStdin>>,
    exit_status: watch::Receiver<Option<ExitStatus>>,
    wait_thread: Mutex<Option<JoinHandle<()>>>,
}

impl ProcessGuard {
    pub fn start(command: &GuardedCommand) -> Result<Self, Error> {
        let failed = |source| Error::Start {
            program: command.program.to_string_lossy().into_owned(),
            source,
        };
        let mut supervisor = command.command()?.spawn().map_err(failed)?;
        let pipe = supervisor.stdin.take();
        let mut line = String::new();
        if let Some(output) = supervisor.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let pid = line
            .trim()
            .parse()
            .map_err(|_| failed(io::Error::other("sh printed no process id")))?;
        let (set_status, exit_status) = watch::channel(None);
        let wait_thread = std::thread::Builder::new()
            .name(format!("guard {pid}"))
            .stack_size(64 * 1024)
            .spawn(move || {
                let status = supervisor.wait().unwrap_or_default();
                set_status.send_replace(Some(status));
            })
            .map_err(failed)?;
        Ok(Self {
            pid,
            log: command.log.clone(),
            pipe: Mutex::new(pipe),
            exit_status,
            wait_thread: Mutex::new(Some(wait_thread)),
        })
    }

    /// The id of the child, not of the shell that supervises it.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The exit status, once the child has exited.
    pub fn status(&self) -> Option<ExitStatus> {
        *self.exit_status.borrow()
    }

    /// Waits until the child has exited, by itself or stopped.
    pub async fn wait(&self) -> ExitStatus {
        let mut exit_status = self.exit_status.clone();
        let status = exit_status.wait_for(Option::is_some).await.map(|status| *status);
        status.ok().flatten().unwrap_or_default()
    }

    /// Sends SIGSTOP.
    pub fn suspend(&self) -> Result<(), Error> {
        send_signal(self.pid, "STOP")
    }

    /// Sends SIGCONT.
    pub fn resume(&self) -> Result<(), Error> {
        send_signal(self.pid, "CONT")
    }

    /// Stops the child and returns after it has exited.
    pub fn stop(&self) {
        drop(lock(&self.pipe).take());
        if let Some(wait_thread) = lock(&self.wait_thread).take() {
            let _ = wait_thread.join();
        }
    }

    /// The last five lines of the child's output, for error messages.
    pub fn last_output(&self) -> String {
        last_lines(&self.log)
    }
}

impl Drop for ProcessGuard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends a signal such as "STOP" or "KILL" to a process; "0" only checks that the process exists.
pub fn send_signal(pid: u32, signal: &str) -> Result<(), Error> {
    let sent = Command::new("sh")
        .args(["-c", r#"kill -s "$1" "$2""#, "signal", signal, &pid.to_string()])
        .stderr(Stdio::null())
        .status();
    match sent {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::Signal { signal: signal.to_owned(), pid }),
    }
}

pub(crate) fn last_lines(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
