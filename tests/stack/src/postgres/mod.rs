//! A PostgreSQL server of our own: thrown away afterwards, kept in a folder, or somebody else's.

mod base;
mod launch;

use crate::{Leash, Progress, leash, tools};
use base::Base;
use launch::Launch;
use std::{env, fs, io, path::PathBuf, time::Duration};
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
    /// The same, on a disk that a library makes worse: the server is started with these variables.
    Behind { folder: PathBuf, env: Vec<(&'static str, PathBuf)> },
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
            Place::Throwaway | Place::Folder(_) | Place::Behind { .. } => {
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

async fn answers(url: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::select! {
        answer = client.batch_execute("select 1") => answer,
        broken = connection => broken,
    }
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
