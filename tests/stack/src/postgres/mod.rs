//! A PostgreSQL server: a temporary one, one with persistent data, or an existing one.

mod launch;
mod pgbouncer;
mod server_url;
mod server_user;

pub use pgbouncer::{PgBouncer, PoolMode};

use crate::{ProcessGuard, Progress, process_guard, tools};
use launch::Launch;
use server_url::ServerUrl;
use server_user::ServerUser;
use std::{env, fs, io, path::PathBuf, time::Duration};
use tokio::{sync::OnceCell, time};
use tokio_postgres::NoTls;

const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a temporary folder, without durability (`fsync = off`).
    Temporary,
    /// In a persistent folder, with durable commits.
    Folder(PathBuf),
    /// The same, with environment variables for the server, such as `LD_PRELOAD` of a library that injects disk errors.
    FolderWithEnv { folder: PathBuf, env: Vec<(&'static str, PathBuf)> },
    /// On a running server, given by the URL of any of its databases.
    Existing(String),
}

impl Location {
    /// The server of `DATABASE_URL` if that is set and not empty, else a temporary one.
    pub fn from_environment() -> Self {
        env::var("DATABASE_URL")
            .ok()
            .filter(|url| !url.is_empty())
            .map_or(Self::Temporary, Self::Existing)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    ProcessGuard(#[from] process_guard::Error),
    #[error("could not prepare the folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("initdb could not create {} as user {user}: {reason}", path.display())]
    Initdb { path: PathBuf, user: String, reason: String },
    #[error("PostgreSQL did not start: {reason}")]
    Start { reason: String },
    #[error("could not connect to DATABASE_URL: {reason}")]
    Unreachable { reason: String },
    #[error("DATABASE_URL must look like postgres://user@host:port/database, not like {0:?}")]
    Url(String),
}

/// A server that accepts connections. One that was started here stops when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    server_url: ServerUrl,
    server: Option<ProcessGuard>,
}

impl Postgres {
    pub async fn start(location: &Location, progress: &Progress) -> Result<Self, Error> {
        match location {
            Location::Existing(url) => Self::connect_existing(url).await,
            Location::Temporary | Location::Folder(_) | Location::FolderWithEnv { .. } => {
                Self::start_with(tools::postgres, location, progress).await
            }
        }
    }

    /// A temporary server of the newest supported version, whichever one this machine has.
    pub async fn start_newest(progress: &Progress) -> Result<Self, Error> {
        Self::start_with(tools::newest_postgres, &Location::Temporary, progress).await
    }

    async fn start_with(
        find: fn(&Progress) -> Result<PathBuf, tools::Error>,
        location: &Location,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let bin = {
            let progress = progress.clone();
            spawn_blocking(move || Ok(find(&progress)?)).await?
        };
        let mut lost_ports = 0;
        loop {
            let attempt = Self::launch(bin.clone(), location.clone()).await;
            match attempt {
                // Another process may take the port before the server listens on it.
                Err(Error::Start { reason })
                    if reason.contains("could not bind") && lost_ports < 3 =>
                {
                    lost_ports += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// One server for all tests of a process, which stops with the process.
    pub async fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        SHARED
            .get_or_try_init(async || {
                Self::start(&Location::from_environment(), &Progress::silent()).await
            })
            .await
    }

    /// The URL of a database on this server.
    pub fn url(&self, database: &str) -> String {
        self.server_url.url(database)
    }

    /// The same for another role, with the same password if there is one.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        self.server_url.with_role(role).url(database)
    }

    /// The process id of the server, if it was started here.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(ProcessGuard::pid)
    }

    /// The process of the server, if it was started here, to suspend or stop it.
    pub fn process_guard(&self) -> Option<&ProcessGuard> {
        self.server.as_ref()
    }

    /// Stops the server and waits until it has exited.
    pub fn stop(self) {}

    async fn connect_existing(url: &str) -> Result<Self, Error> {
        let server_url = ServerUrl::parse(url)?;
        check_connection(url)
            .await
            .map_err(|error| Error::Unreachable { reason: chain(&error) })?;
        Ok(Self { server_url, server: None })
    }

    async fn launch(bin: PathBuf, location: Location) -> Result<Self, Error> {
        let (server, port) = spawn_blocking(move || {
            let launch = Launch::new(bin)?;
            launch.run(&location).inspect_err(|_| {
                let _ = fs::remove_dir_all(&launch.temp_folder);
            })
        })
        .await?;
        let server_url = ServerUrl {
            prefix: format!("postgres://postgres@127.0.0.1:{port}/"),
            options: String::new(),
        };
        let url = server_url.url("postgres");
        let ready = async {
            while check_connection(&url).await.is_err() {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = ready => Ok(Self { server_url, server: Some(server) }),
            _ = server.wait() => Err(Error::Start { reason: server.last_output() }),
            () = time::sleep(START_TIMEOUT) => Err(Error::Start { reason: format!("no connection within {START_TIMEOUT:?}") }),
        }
    }
}

async fn check_connection(url: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::select! {
        result = client.batch_execute("select 1") => result,
        result = connection => result,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::Start { reason: error.to_string() }),
    }
}
