use crate::{Aws, Error, Postgres, Progress, Template, gateway, postgres::Place, scratch};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What the surroundings are made of.
#[derive(Clone, Debug)]
pub struct Options {
    pub database: Place,
    /// The mail address that may send.
    pub sender: String,
    /// Where the logs go; a throwaway folder if there is none.
    pub run: Option<PathBuf>,
    pub progress: Progress,
}

/// PostgreSQL and AWS, started side by side. The gateway follows once the database has its tables.
#[derive(Debug)]
pub struct Surroundings {
    pub aws: Aws,
    pub postgres: Postgres,
    run: Run,
}

impl Surroundings {
    pub async fn start(template: &Template, options: &Options) -> Result<Self, Error> {
        let run = Run::new(options.run.as_deref()).map_err(|source| gateway::Error::Run {
            path: options.run.clone().unwrap_or_default(),
            source,
        })?;
        // A throwaway folder must go even if we are killed, so the longest leash takes care of it.
        let remove = if run.throwaway { run.folder.clone() } else { run.folder.join("ministack") };
        let (postgres, aws) = tokio::join!(
            Postgres::start(&options.database, &options.progress),
            Aws::start_in(template, &options.sender, &run.folder, &remove, &options.progress),
        );
        Ok(Self { postgres: postgres?, aws: aws?, run })
    }

    /// The folder with all logs.
    pub fn run(&self) -> &Path {
        &self.run.folder
    }

    /// Ends both servers in order.
    pub fn stop(self) {}
}

#[derive(Debug)]
struct Run {
    folder: PathBuf,
    throwaway: bool,
}

impl Run {
    fn new(chosen: Option<&Path>) -> io::Result<Self> {
        match chosen {
            Some(folder) => {
                fs::create_dir_all(folder)?;
                Ok(Self { folder: folder.canonicalize()?, throwaway: false })
            }
            None => Ok(Self { folder: scratch::folder("run")?, throwaway: true }),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.throwaway {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
