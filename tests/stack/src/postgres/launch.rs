//! Creates a database cluster with `initdb` and starts its server; as another user if this process runs as root.

use super::{Error, Location, ServerUser};
use crate::{ProcessGuard, process_guard::GuardedCommand, temp};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// One attempt to start a server.
pub(super) struct Launch {
    bin: PathBuf,
    user: ServerUser,
    pub(super) temp_folder: PathBuf,
}

impl Launch {
    pub(super) fn new(bin: PathBuf) -> Result<Self, Error> {
        let temp_folder = temp::folder("postgres")
            .map_err(|source| Error::Folder { path: env::temp_dir(), source })?;
        let user = ServerUser::find();
        let bin = if user.may_run(&bin.join("postgres")) {
            bin
        } else {
            copy(&bin, &temp_folder.join("server"))?
        };
        Ok(Self { bin, user, temp_folder })
    }

    pub(super) fn run(&self, location: &Location) -> Result<(ProcessGuard, u16), Error> {
        let data = match location {
            Location::Folder(folder) | Location::FolderWithEnv { folder, .. } => {
                self.persistent_data(folder)?
            }
            Location::Temporary | Location::Existing(_) => self.temp_folder.join("data"),
        };
        self.user.own(&self.temp_folder)?;
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
        let mut command_line = self.user.command_line(&self.bin.join("postgres"));
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
        self.user.own(&folder)?;
        Ok(folder.join("postgres"))
    }

    fn initdb(&self, data: &Path) -> Result<(), Error> {
        let command_line = self.user.command_line(&self.bin.join("initdb"));
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
        let user = self.user.name().to_owned();
        Err(Error::Initdb { path: data.to_path_buf(), user, reason })
    }
}

/// Copies a server out of a folder that only root may enter, and returns where its programs are.
fn copy(bin: &Path, to: &Path) -> Result<PathBuf, Error> {
    let failed = |source| Error::Folder { path: to.to_path_buf(), source };
    let from = bin.parent().unwrap_or(bin);
    let copied = Command::new("cp").arg("-r").args([from, to]).output().map_err(failed)?;
    if !copied.status.success() {
        let reason = String::from_utf8_lossy(&copied.stderr).trim().to_owned();
        return Err(failed(std::io::Error::other(reason)));
    }
    Ok(to.join(bin.file_name().unwrap_or_default()))
}
