//! Creates a database cluster with `initdb` and starts its server; as another user if this process runs as root.

use super::{Error, Location};
use crate::{ProcessGuard, process_guard::GuardedCommand, temp};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// One attempt to start a server.
pub(super) struct Launch {
    bin: PathBuf,
    /// The user that runs the server in place of root, which PostgreSQL refuses: name, user id and group id.
    run_as: Option<(&'static str, String, String)>,
    pub(super) temp_folder: PathBuf,
}

impl Launch {
    pub(super) fn new(bin: PathBuf) -> Result<Self, Error> {
        let temp_folder = temp::folder("postgres")
            .map_err(|source| Error::Folder { path: env::temp_dir(), source })?;
        let is_root = id(&["-u"]).is_some_and(|id| id == "0");
        let run_as = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((name, id(&["-u", name])?, id(&["-g", name])?)))
            .filter(|_| is_root);
        Ok(Self { bin, run_as, temp_folder })
    }

    pub(super) fn run(&self, location: &Location) -> Result<(ProcessGuard, u16), Error> {
        let data = match location {
            Location::Folder(folder) | Location::FolderWithEnv { folder, .. } => {
                self.persistent_data(folder)?
            }
            Location::Temporary | Location::Existing(_) => self.temp_folder.join("data"),
        };
        self.change_owner(&self.temp_folder)?;
        if !data.join("PG_VERSION").exists() {
            self.initdb(&data)?;
        }
        let port = temp::free_port()
            .map_err(|source| Error::Folder { path: self.temp_folder.clone(), source })?;
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={}", self.temp_folder.display()),
            "max_connections=200".to_owned(),
            "shared_buffers=64MB".to_owned(),
        ];
        let is_persistent =
            matches!(location, Location::Folder(_) | Location::FolderWithEnv { .. });
        if !is_persistent {
            settings.extend(
                [
                    "fsync=off",
                    "synchronous_commit=off",
                    "full_page_writes=off",
                    "wal_level=minimal",
                    "max_wal_senders=0",
                ]
                .map(str::to_owned),
            );
        }
        let log = if is_persistent {
            data.with_file_name("postgres.log")
        } else {
            self.temp_folder.join("log")
        };
        let mut command_line = self.as_server_user("postgres");
        command_line.extend(["-D".into(), data.display().to_string()]);
        command_line.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        // SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one, which needs a recovery at the next start.
        let (signal, grace_period) = if is_persistent { ("INT", 30) } else { ("QUIT", 3) };
        let mut command = GuardedCommand::new(&command_line[0], log)
            .args(&command_line[1..])
            .stop_with(signal, Duration::from_secs(grace_period))
            .remove_on_exit(&self.temp_folder);
        if let Location::FolderWithEnv { env, .. } = location {
            command = env.iter().fold(command, |command, (name, value)| command.env(name, value));
        }
        Ok((ProcessGuard::start(&command)?, port))
    }

    /// The data folder below `folder`, which is created if needed.
    fn persistent_data(&self, folder: &Path) -> Result<PathBuf, Error> {
        let failed = |source| Error::Folder { path: folder.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        self.change_owner(&folder)?;
        Ok(folder.join("postgres"))
    }

    fn change_owner(&self, folder: &Path) -> Result<(), Error> {
        let Some((name, ..)) = &self.run_as else { return Ok(()) };
        let status = Command::new("chown").arg(name).arg(folder).status();
        status
            .and_then(
                |status| {
                    if status.success() { Ok(()) } else { Err(io::Error::other("chown failed")) }
                },
            )
            .map_err(|source| Error::Folder { path: folder.to_path_buf(), source })
    }

    fn initdb(&self, data: &Path) -> Result<(), Error> {
        let command_line = self.as_server_user("initdb");
        let done = Command::new(&command_line[0])
            .args(&command_line[1..])
            .arg("-D")
            .arg(data)
            .args([
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ])
            .stdin(Stdio::null())
            .current_dir("/")
            .output();
        let reason = match done {
            Ok(done) if done.status.success() => return Ok(()),
            Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
            Err(error) => format!("{}: {error}", command_line[0]),
        };
        let user = self.run_as.as_ref().map_or("you", |(name, ..)| name).to_owned();
        Err(Error::Initdb { path: data.to_path_buf(), user, reason })
    }

    fn as_server_user(&self, program: &str) -> Vec<String> {
        let program = self.bin.join(program).display().to_string();
        match &self.run_as {
            Some((_, user, group)) => {
                ["setpriv", "--reuid", user, "--regid", group, "--init-groups", "--", &program]
                    .map(str::to_owned)
                    .to_vec()
            }
            None => vec![program],
        }
    }
}

fn id(args: &[&str]) -> Option<String> {
    let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
