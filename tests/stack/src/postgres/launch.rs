//! Lays out a cluster and starts its server, as somebody else if we are root.

use super::{Error, Place};
use crate::{Leash, leash::Child, scratch};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// One attempt to bring a server up.
pub(super) struct Launch {
    bin: PathBuf,
    /// Root must not run a server: who runs it instead, with both ids.
    servant: Option<(&'static str, String, String)>,
    pub(super) scratch: PathBuf,
}

impl Launch {
    pub(super) fn new(bin: PathBuf) -> Result<Self, Error> {
        let scratch = scratch::folder("postgres")
            .map_err(|source| Error::Folder { path: env::temp_dir(), source })?;
        let we_are_root = id(&["-u"]).is_some_and(|id| id == "0");
        let servant = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((name, id(&["-u", name])?, id(&["-g", name])?)))
            .filter(|_| we_are_root);
        Ok(Self { bin, servant, scratch })
    }

    pub(super) fn run(&self, place: &Place) -> Result<(Leash, u16), Error> {
        let data = match place {
            Place::Folder(folder) | Place::Behind { folder, .. } => self.keep_in(folder)?,
            Place::Throwaway | Place::Server(_) => self.scratch.join("data"),
        };
        self.give_away(&self.scratch)?;
        if !data.join("PG_VERSION").exists() {
            self.lay_out(&data)?;
        }
        let port = scratch::free_port()
            .map_err(|source| Error::Folder { path: self.scratch.clone(), source })?;
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={}", self.scratch.display()),
            "max_connections=200".to_owned(),
            "shared_buffers=64MB".to_owned(),
        ];
        let keeps = matches!(place, Place::Folder(_) | Place::Behind { .. });
        if !keeps {
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
        let log =
            if keeps { data.with_file_name("postgres.log") } else { self.scratch.join("log") };
        let mut words = self.as_servant("postgres");
        words.extend(["-D".into(), data.display().to_string()]);
        words.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        // Postgres reads INT as "finish in order" and QUIT as "drop everything".
        let (signal, patience) = if keeps { ("INT", 30) } else { ("QUIT", 3) };
        let mut child = Child::new(&words[0], log)
            .args(&words[1..])
            .ends_with(signal, Duration::from_secs(patience))
            .then_remove(&self.scratch);
        if let Place::Behind { env, .. } = place {
            child = env.iter().fold(child, |child, (name, value)| child.env(name, value));
        }
        Ok((Leash::start(&child)?, port))
    }

    fn keep_in(&self, folder: &Path) -> Result<PathBuf, Error> {
        let broken = |source| Error::Folder { path: folder.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(broken)?;
        let folder = folder.canonicalize().map_err(broken)?;
        self.give_away(&folder)?;
        Ok(folder.join("postgres"))
    }

    fn give_away(&self, folder: &Path) -> Result<(), Error> {
        let Some((name, ..)) = &self.servant else { return Ok(()) };
        let given = Command::new("chown").arg(name).arg(folder).status();
        given
            .and_then(
                |status| {
                    if status.success() { Ok(()) } else { Err(io::Error::other("chown failed")) }
                },
            )
            .map_err(|source| Error::Folder { path: folder.to_path_buf(), source })
    }

    fn lay_out(&self, data: &Path) -> Result<(), Error> {
        let words = self.as_servant("initdb");
        let done = Command::new(&words[0])
            .args(&words[1..])
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
            Err(error) => format!("{}: {error}", words[0]),
        };
        let user = self.servant.as_ref().map_or("you", |(name, ..)| name).to_owned();
        Err(Error::Layout { path: data.to_path_buf(), user, reason })
    }

    fn as_servant(&self, program: &str) -> Vec<String> {
        let program = self.bin.join(program).display().to_string();
        match &self.servant {
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
    let said = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
