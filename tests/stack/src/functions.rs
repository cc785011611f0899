//! Builds the binaries of the functions.

use crate::{Progress, tools};
use std::{env, ffi::OsString, fs, io, path::PathBuf, process::Stdio};
use tokio::{process::Command, sync::OnceCell};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not run {}", cargo.display())]
    Cargo { cargo: PathBuf, source: io::Error },
    #[error("could not read the folders of the functions")]
    Folders(#[source] io::Error),
    #[error("the functions do not compile; the errors of cargo are above")]
    Build,
}

/// The cargo profile of the binaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Dev,
    Release,
}

impl Profile {
    /// The folder below `target/` in which cargo puts the binaries.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds the binaries of all functions, once per process and profile, and returns their folder.
pub async fn build(profile: Profile, progress: &Progress) -> Result<PathBuf, Error> {
    static DEV: OnceCell<PathBuf> = OnceCell::const_new();
    static RELEASE: OnceCell<PathBuf> = OnceCell::const_new();
    let built = match profile {
        Profile::Dev => &DEV,
        Profile::Release => &RELEASE,
    };
    built.get_or_try_init(|| run(profile, progress)).await.cloned()
}

async fn run(profile: Profile, progress: &Progress) -> Result<PathBuf, Error> {
    progress.say("building the functions");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let target = tools::target();
    let mut command = Command::new(&cargo);
    command
        .args(["build", "--bins", "--target-dir"])
        .arg(&target)
        .args(selection(profile).map_err(Error::Folders)?)
        .current_dir(tools::workspace())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let status =
        command.status().await.map_err(|source| Error::Cargo { cargo: cargo.into(), source })?;
    if status.success() { Ok(target.join(profile.folder())) } else { Err(Error::Build) }
}

/// The options that say what cargo builds. With the release profile the functions alone, as they are deployed: the tests ask for
/// more features of what both depend on.
fn selection(profile: Profile) -> io::Result<Vec<OsString>> {
    if profile == Profile::Dev {
        return Ok(vec!["--workspace".into()]);
    }
    let mut options = vec!["--release".into()];
    for folder in fs::read_dir(tools::workspace().join("functions"))? {
        options.extend(["--package".into(), folder?.file_name()]);
    }
    Ok(options)
}
