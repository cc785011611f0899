//! Child processes that never outlive us, however we end: each runs under a tiny `sh` that reads a pipe of ours,
//! and the pipe closes even when we are killed.

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

/// `$1` the signal that asks the child to end, `$2` the tenths of a second it may take, `$3` a folder to remove.
/// The last line of the script ends what the child may have left behind in our process group.
const KEEPER: &str = r#"
signal=$1 patience=$2 folder=$3
shift 3
exec 3>&1 1>&2 4<&0 0</dev/null
"$@" 3>&- 4<&- &
child=$!
echo "$child" >&3
{
    read -r _ <&4
    kill -s "$signal" "$child"
    while [ "$patience" -gt 0 ] && kill -s 0 "$child"; do
        sleep 0.1
        patience=$((patience - 1))
    done
    kill -s KILL "$child"
} 2>/dev/null 3>&- &
keeper=$!
exec 4<&-
wait "$child"
code=$?
trap '' TERM
kill -s KILL "$keeper" 2>/dev/null
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

/// What to start, and how it is to be ended.
#[derive(Debug)]
pub struct Child {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    unset: Vec<OsString>,
    bare: bool,
    log: PathBuf,
    signal: &'static str,
    patience: Duration,
    remove: Option<PathBuf>,
}

impl Child {
    /// A child whose output is appended to `log`.
    pub fn new(program: impl AsRef<OsStr>, log: impl Into<PathBuf>) -> Self {
        Self {
            program: program.as_ref().into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            unset: Vec::new(),
            bare: false,
            log: log.into(),
            signal: "TERM",
            patience: Duration::from_secs(5),
            remove: None,
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
    pub fn without(mut self, name: impl AsRef<OsStr>) -> Self {
        self.unset.push(name.as_ref().into());
        self
    }

    /// The child sees nothing of our environment.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Asks with `signal` ("INT", "TERM", …) and kills after `patience`.
    #[must_use]
    pub fn ends_with(mut self, signal: &'static str, patience: Duration) -> Self {
        (self.signal, self.patience) = (signal, patience);
        self
    }

    /// Removes the folder once the child is gone.
    #[must_use]
    pub fn then_remove(mut self, folder: impl Into<PathBuf>) -> Self {
        self.remove = Some(folder.into());
        self
    }

    fn command(&self) -> Result<Command, Error> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(|source| Error::Log { path: self.log.clone(), source })?;
        let mut command = Command::new("/bin/sh");
        if self.bare {
            command.env_clear();
        }
        for name in &self.unset {
            command.env_remove(name);
        }
        command
            .envs(&self.env)
            .args(["-c", KEEPER, "leash", self.signal])
            .arg((self.patience.as_millis() / 100).to_string())
            .arg(self.remove.as_deref().unwrap_or(Path::new("")))
            .arg(&self.program)
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C in the terminal reaches us alone; we then end the children in order.
            .process_group(0);
        Ok(command)
    }
}

/// A running child; ends it when dropped.
#[derive(Debug)]
pub struct Leash {
    pid: u32,
    log: PathBuf,
    hold: Mutex<Option<ChildStdin>>,
    ended: watch::Receiver<Option<ExitStatus>>,
    waiter: Mutex<Option<JoinHandle<()>>>,
}

impl Leash {
    pub fn start(child: &Child) -> Result<Self, Error> {
        let failed =
            |source| Error::Start { program: child.program.to_string_lossy().into_owned(), source };
        let mut keeper = child.command()?.spawn().map_err(failed)?;
        let hold = keeper.stdin.take();
        let mut line = String::new();
        if let Some(answer) = keeper.stdout.take() {
            BufReader::new(answer).read_line(&mut line).map_err(failed)?;
        }
        let pid =
            line.trim().parse().map_err(|_| failed(io::Error::other("sh named no process")))?;
        let (tell, ended) = watch::channel(None);
        let waiter = std::thread::Builder::new()
            .name(format!("leash {pid}"))
            .stack_size(64 * 1024)
            .spawn(move || {
                let status = keeper.wait().unwrap_or_default();
                tell.send_replace(Some(status));
            })
            .map_err(failed)?;
        Ok(Self {
            pid,
            log: child.log.clone(),
            hold: Mutex::new(hold),
            ended,
            waiter: Mutex::new(Some(waiter)),
        })
    }

    /// The process itself, not the shell that keeps it.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended, if it has.
    pub fn status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Waits until the child has ended by itself or was ended.
    pub async fn ended(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.map(|status| *status);
        status.ok().flatten().unwrap_or_default()
    }

    pub fn freeze(&self) -> Result<(), Error> {
        signal(self.pid, "STOP")
    }

    pub fn thaw(&self) -> Result<(), Error> {
        signal(self.pid, "CONT")
    }

    /// Ends the child and returns when it is gone.
    pub fn end(&self) {
        drop(lock(&self.hold).take());
        if let Some(waiter) = lock(&self.waiter).take() {
            let _ = waiter.join();
        }
    }

    /// The last lines of the child's output, for an error that a person reads.
    pub fn last_words(&self) -> String {
        last_lines(&self.log)
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends a signal such as "STOP" or "KILL" to a process.
pub fn signal(pid: u32, signal: &str) -> Result<(), Error> {
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
