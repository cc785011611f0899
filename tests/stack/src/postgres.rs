//! A `PostgreSQL` server of our own: thrown away afterwards, kept in a folder, or somebody else's.

use crate::{Leash, Progress, leash, leash::Child, scratch, tools};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{sync::OnceCell, time};
use tokio_postgres::NoTls;

const PATIENCE: Duration = Duration::from_mins(1);

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a temporary folder, fast and forgetful.
    Throwaway,
    /// In a folder that stays, with every commit on the disk.
    Folder(PathBuf),
    /// On a server that runs already, named by the URL of any of its databases.
    Server(String),
}

impl Place {
    /// The server that `DATABASE_URL` names, else a throwaway.
    pub fn from_environment() -> Self {
        env::var("DATABASE_URL")
            .ok()
            .filter(|url| !url.is_empty())
            .map_or(Self::Throwaway, Self::Server)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    Leash(#[from] leash::Error),
    #[error("could not prepare the folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("PostgreSQL could not lay out {} as user {user}: {reason}", path.display())]
    Layout { path: PathBuf, user: String, reason: String },
    #[error("PostgreSQL did not start: {reason}")]
    Start { reason: String },
    #[error("nobody answers at DATABASE_URL: {reason}")]
    Silent { reason: String },
    #[error("DATABASE_URL must look like postgres://user@host:port/database, not like {0:?}")]
    Url(String),
}

/// A server that answers.
#[derive(Debug)]
pub struct Postgres {
    base: Base,
    server: Option<Leash>,
}

impl Postgres {
    pub async fn start(place: &Place, progress: &Progress) -> Result<Self, Error> {
        match place {
            Place::Server(url) => Self::join(url).await,
            Place::Throwaway | Place::Folder(_) => {
                let bin = {
                    let progress = progress.clone();
                    off_the_runtime(move || Ok(tools::postgres(&progress)?)).await?
                };
                let mut lost_ports = 0;
                loop {
                    let attempt = Self::launch(bin.clone(), place.clone()).await;
                    match attempt {
                        // Between choosing a port and listening on it somebody else may take it.
                        Err(Error::Start { reason })
                            if reason.contains("could not bind") && lost_ports < 3 =>
                        {
                            lost_ports += 1;
                        }
                        outcome => return outcome,
                    }
                }
            }
        }
    }

    /// One server for all tests of a process; it ends with the process.
    pub async fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        SHARED
            .get_or_try_init(async || {
                Self::start(&Place::from_environment(), &Progress::silent()).await
            })
            .await
    }

    /// The URL of one database on this server.
    pub fn url(&self, database: &str) -> String {
        self.base.url(database)
    }

    /// The URL of one database for another role, with the same password if there is one.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        self.base.of(role).url(database)
    }

    /// The process id of the server, if it is ours.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Leash::pid)
    }

    /// The running server, if it is ours, to freeze or end it.
    pub fn leash(&self) -> Option<&Leash> {
        self.server.as_ref()
    }

    /// Ends the server in order.
    pub fn stop(self) {}

    async fn join(url: &str) -> Result<Self, Error> {
        let base = Base::parse(url)?;
        answers(url).await.map_err(|error| Error::Silent { reason: chain(&error) })?;
        Ok(Self { base, server: None })
    }

    async fn launch(bin: PathBuf, place: Place) -> Result<Self, Error> {
        let (server, port) = off_the_runtime(move || {
            let launch = Launch::new(bin)?;
            launch.run(&place).inspect_err(|_| {
                let _ = fs::remove_dir_all(&launch.scratch);
            })
        })
        .await?;
        let base = Base {
            front: format!("postgres://postgres@127.0.0.1:{port}/"),
            options: String::new(),
        };
        let url = base.url("postgres");
        let wait = async {
            while answers(&url).await.is_err() {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = wait => Ok(Self { base, server: Some(server) }),
            _ = server.ended() => Err(Error::Start { reason: server.last_words() }),
            () = time::sleep(PATIENCE) => Err(Error::Start { reason: format!("it is silent for {PATIENCE:?}") }),
        }
    }
}

/// One attempt to bring a server up.
struct Launch {
    bin: PathBuf,
    /// Root must not run a server: who runs it instead, with both ids.
    servant: Option<(&'static str, String, String)>,
    scratch: PathBuf,
}

impl Launch {
    fn new(bin: PathBuf) -> Result<Self, Error> {
        let scratch = scratch::folder("postgres")
            .map_err(|source| Error::Folder { path: env::temp_dir(), source })?;
        let we_are_root = id(&["-u"]).is_some_and(|id| id == "0");
        let servant = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((name, id(&["-u", name])?, id(&["-g", name])?)))
            .filter(|_| we_are_root);
        Ok(Self { bin, servant, scratch })
    }

    fn run(&self, place: &Place) -> Result<(Leash, u16), Error> {
        let data = match place {
            Place::Folder(folder) => self.keep_in(folder)?,
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
        let keeps = matches!(place, Place::Folder(_));
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
        let child = Child::new(&words[0], log)
            .args(&words[1..])
            .ends_with(signal, Duration::from_secs(patience))
            .then_remove(&self.scratch);
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

/// A server's URL without the database.
#[derive(Debug, PartialEq, Eq)]
struct Base {
    front: String,
    options: String,
}

impl Base {
    fn parse(url: &str) -> Result<Self, Error> {
        let wrong = || Error::Url(url.to_owned());
        let (address, options) =
            url.split_once('?').map_or((url, ""), |(front, back)| (front, back));
        let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
        if !matches!(scheme, "postgres" | "postgresql") || rest.is_empty() {
            return Err(wrong());
        }
        let host = rest.split_once('/').map_or(rest, |(host, _)| host);
        let options = if options.is_empty() { String::new() } else { format!("?{options}") };
        Ok(Self { front: format!("{scheme}://{host}/"), options })
    }

    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.front, self.options)
    }

    fn of(&self, role: &str) -> Self {
        let (scheme, address) = self.front.split_once("://").unwrap_or(("postgres", &self.front));
        let (user, host) = address.rsplit_once('@').unwrap_or(("", address));
        let password =
            user.split_once(':').map_or(String::new(), |(_, password)| format!(":{password}"));
        Self { front: format!("{scheme}://{role}{password}@{host}"), options: self.options.clone() }
    }
}

async fn answers(url: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::select! {
        answer = client.batch_execute("select 1") => answer,
        broken = connection => broken,
    }
}

fn id(args: &[&str]) -> Option<String> {
    let said = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(broken) => Err(Error::Start { reason: broken.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_replaces_the_one_in_the_url() {
        let base = Base::parse("postgres://shop:secret@db:5432/main?sslmode=disable").unwrap();

        assert_eq!(base.url("other"), "postgres://shop:secret@db:5432/other?sslmode=disable");
    }

    #[test]
    fn a_role_replaces_the_user_and_keeps_the_password() {
        let url = |given: &str| Base::parse(given).unwrap().of("app_rw").url("shop");

        assert_eq!(url("postgres://postgres@db:5432/main"), "postgres://app_rw@db:5432/shop");
        assert_eq!(url("postgres://me:secret@db/main"), "postgres://app_rw:secret@db/shop");
        assert_eq!(url("postgres://db/main"), "postgres://app_rw@db/shop");
    }

    #[test]
    fn a_url_of_another_kind_is_refused_with_its_name() {
        let error = Base::parse("mysql://db/main").unwrap_err();

        assert!(error.to_string().contains("mysql://db/main"));
    }
}
