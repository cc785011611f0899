use crate::{Aws, Error, Postgres, Progress, Template, gateway, postgres::Location, temp};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How to start the backing services.
#[derive(Clone, Debug)]
pub struct Options {
    pub database: Location,
    /// The email address that is verified in SES as a sender.
    pub sender: String,
    /// Where the logs go; a temporary folder if there is none.
    pub log_folder: Option<PathBuf>,
    pub progress: Progress,
}

/// PostgreSQL and the AWS services, started concurrently. The gateway is started separately, after the database.
#[derive(Debug)]
pub struct BackingServices {
    pub aws: Aws,
    pub postgres: Postgres,
    log_folder: LogFolder,
}

impl BackingServices {
    pub async fn start(template: &Template, options: &Options) -> Result<Self, Error> {
        let log_folder = LogFolder::new(options.log_folder.as_deref()).map_err(|source| {
            gateway::Error::Folder { path: options.log_folder.clone().unwrap_or_default(), source }
        })?;
        // The guard of MiniStack removes a temporary folder even if this process is killed.
        let path = &log_folder.path;
        let remove = if log_folder.is_temporary { path.clone() } else { path.join("ministack") };
        let (postgres, aws) = tokio::join!(
            Postgres::start(&options.database, &options.progress),
            Aws::start_in(template, &options.sender, path, &remove, &options.progress),
        );
        Ok(Self { postgres: postgres?, aws: aws?, log_folder })
    }

    /// The folder with the logs of all servers and functions.
    pub fn log_folder(&self) -> &Path {
        &self.log_folder.path
    }

    /// Stops both servers and waits until they have exited.
    pub fn stop(self) {}
}

#[derive(Debug)]
struct LogFolder {
    path: PathBuf,
    is_temporary: bool,
}

impl LogFolder {
    fn new(chosen: Option<&Path>) -> io::Result<Self> {
        match chosen {
            Some(folder) => {
                fs::create_dir_all(folder)?;
                Ok(Self { path: folder.canonicalize()?, is_temporary: false })
            }
            None => Ok(Self { path: temp::folder("run")?, is_temporary: true }),
        }
    }
}

impl Drop for LogFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
