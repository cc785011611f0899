//! Finds the servers we run, or sets them up under `target/`.

mod npm;

pub use npm::{StripeTypes, newest_postgres, newman, redocly, stripe_types};

use crate::Progress;
use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The second one lets it read what `sam deploy` sends.
const MINISTACK: &str = "ministack==1.5.33 aws-sam-translator==1.115.0";
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const SAM: &str = "aws-sam-cli==1.170.0";
const CHECKOV: &str = "checkov==3.3.30";

/// Installs the Debian packages `$@`, as root or by way of sudo if that asks for no password. Package lists that are
/// missing or too old show in an installation that fails: then they are fetched, and it is tried again.
const APT: &str = r#"
command -v apt-get >/dev/null || { echo "there is no apt-get" >&2; exit 1; }
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "not root, and there is no sudo" >&2; exit 1; }
    sudo="sudo -n"
fi
install() {
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
}
install "$@" || { $sudo apt-get update -qq; install "$@"; }
"#;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{tool} is missing: apt-get install {packages} (installing it failed: {reason})")]
    System { tool: &'static str, packages: &'static str, reason: String },
    #[error("{package} could not be installed: python3 -m venv says: {reason}")]
    Venv { package: &'static str, reason: String },
    #[error("{package} could not be installed: pip install {package} says: {reason}")]
    Pip { package: &'static str, reason: String },
    #[error("{package} could not be installed: npm install {package} says: {reason}")]
    NpmInstall { package: &'static str, reason: String },
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

/// The folder with `postgres` and `initdb`: the newest installed ones, else a private copy, which speaks TLS as well.
pub fn postgres(progress: &Progress) -> Result<PathBuf, Error> {
    let installed = installed_postgres();
    if let Some((_, newest)) = installed.into_iter().max() {
        return Ok(newest);
    }
    progress.say("PostgreSQL is not installed; setting up a private copy under target/");
    newest_postgres(progress).map_err(|error| Error::NoPostgres(error.to_string()))
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

/// A browser, and what steers it.
#[derive(Debug)]
pub struct Browser {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
}

/// Chromium or Google Chrome with the driver for it.
pub fn browser(progress: &Progress) -> Result<Browser, Error> {
    system("Chromium with its driver", "chromium chromium-driver", progress, || {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let chromium = names.into_iter().find_map(program)?;
        Some(Browser { chromium, chromedriver: program("chromedriver")? })
    })
}

/// faketime's library for `LD_PRELOAD`, which changes the time that a process sees. Debian keeps it below
/// `/usr/lib/<architecture>`.
pub fn faketime(progress: &Progress) -> Result<PathBuf, Error> {
    system("faketime", "faketime", progress, || {
        let folders = ["/usr/lib", "/usr/lib64"];
        let below = folders.into_iter().filter_map(|lib| fs::read_dir(lib).ok());
        let below = below.flatten().flatten().map(|entry| entry.path());
        let folders = below.chain(folders.map(PathBuf::from));
        let mut library = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
        library.find(|library| library.is_file())
    })
}

/// `PgBouncer`, a connection pooler. Debian keeps it where root looks for programs.
pub fn pgbouncer(progress: &Progress) -> Result<PathBuf, Error> {
    system("PgBouncer", "pgbouncer", progress, || {
        program("pgbouncer")
            .or_else(|| Some(PathBuf::from("/usr/sbin/pgbouncer")).filter(|file| file.is_file()))
    })
}

/// `strip`, which takes the symbols out of a binary.
pub fn strip(progress: &Progress) -> Result<PathBuf, Error> {
    system("strip", "binutils", progress, || program("strip"))
}

/// Python, as new as the newest of the pinned packages wants it. Debian keeps half of `venv` in a package of its own.
pub fn python(progress: &Progress) -> Result<(), Error> {
    system("Python 3.11 or newer with venv", "python3-venv", progress, || {
        let check = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
        let checked = Command::new("python3").args(["-c", check]).output().ok()?;
        checked.status.success().then_some(())
    })
}

/// What `find` finds on this system, if need be after the installation of Debian packages, with spaces between them.
fn system<T>(
    tool: &'static str,
    packages: &'static str,
    progress: &Progress,
    find: impl Fn() -> Option<T>,
) -> Result<T, Error> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let _lock = lock("apt-get")?;
    if let Some(found) = find() {
        return Ok(found);
    }
    progress.say(&format!("installing {packages} with apt-get"));
    let failed = |reason| Error::System { tool, packages, reason };
    let mut apt = Command::new("sh");
    let apt = apt.args(["-c", APT, "apt-get"]).args(packages.split(' ')).stdin(Stdio::null());
    let apt = apt.output().map_err(|error| failed(error.to_string()))?;
    if !apt.status.success() {
        return Err(failed(last_line(&apt.stderr)));
    }
    find().ok_or_else(|| failed("it is still missing".to_owned()))
}

fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|bin| bin.join(name)).find(|file| file.is_file())
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
        python(progress)?;
        let broken = |source| Error::Folder { path: folder.to_path_buf(), source };
        let made = run(Command::new("python3").args(["-m", "venv"]).arg(folder)).map_err(broken)?;
        if !made.status.success() {
            let said = [made.stdout, made.stderr].concat();
            return Err(Error::Venv { package, reason: last_line(&said) });
        }
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let pip = run(Command::new(folder.join("bin/python")).args(pip).args(package.split(' ')))
            .map_err(broken)?;
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
    let name = package.replace("==", "-").replace(['@', ' ', '/'], "-");
    let folder = setups().join(&name);
    let marker = folder.join("installed");
    if marker.exists() {
        return Ok(folder);
    }
    let broken = |path: &Path, source| Error::Folder { path: path.to_path_buf(), source };
    let lock = lock(&name)?;
    if marker.exists() {
        return Ok(folder);
    }

    progress.say(&format!("installing {package} under target/ (once)"));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|source| broken(&folder, source))?;
    }
    // They hold the lock as well, so that an installation whose starter was killed is not disturbed.
    let run = |command: &mut Command| command.stdin(lock.try_clone()?).output();
    install(&folder, &run)?;
    fs::write(&marker, package).map_err(|source| broken(&marker, source))?;
    Ok(folder)
}

/// The folder of everything that is set up here.
fn setups() -> PathBuf {
    target().join("stack")
}

/// Waits until no other thread or process installs the same; the lock ends when the file is closed.
fn lock(name: &str) -> Result<fs::File, Error> {
    let path = setups().join(name).with_added_extension("lock");
    fs::create_dir_all(setups())
        .and_then(|()| fs::File::create(&path))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|source| Error::Folder { path, source })
}

fn last_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing").to_owned()
}
