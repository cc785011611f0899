//! The sources and manifests of this workspace, as files.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file below the root.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A crate of ours.
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Its folder from the root: `functions/orders`.
    pub(crate) folder: String,
    /// The names of the crates that it needs to be built, tests aside.
    pub(crate) needs: Vec<String>,
    pub(crate) binaries: Vec<String>,
}

pub(crate) fn root() -> PathBuf {
    stack::tools::workspace()
}

pub(crate) fn read(path: &str) -> String {
    let full = root().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// All files below `folder` whose name ends in one of `endings`, in the order of their names.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in names(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                let below = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                files.push(File { text: read(&below), path: below });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "{folder} has no files that end in {endings:?}");
    files
}

/// The names of the folders in `folder`.
pub(crate) fn folders(folder: &str) -> Vec<String> {
    let paths = names(&root().join(folder)).into_iter().filter(|path| path.is_dir());
    paths.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

/// What lies in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Our crates by their names, as cargo reads their manifests.
pub(crate) fn crates() -> BTreeMap<String, Crate> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let command = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let said = Command::new(cargo).args(command).current_dir(root()).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let packages = list(&said["packages"]).map(|package| {
        let manifest = Path::new(text(&package["manifest_path"]));
        let folder = manifest.parent().unwrap().strip_prefix(root().canonicalize().unwrap());
        let is_binary = |target: &&Value| target["kind"][0] == "bin";
        let is_needed = |needed: &&Value| needed["kind"] != "dev";
        Crate {
            name: text(&package["name"]).to_owned(),
            folder: folder.unwrap().to_string_lossy().into_owned(),
            needs: strings(list(&package["dependencies"]).filter(is_needed)),
            binaries: strings(list(&package["targets"]).filter(is_binary)),
        }
    });
    packages.map(|package| (package.name.clone(), package)).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn strings<'a>(named: impl Iterator<Item = &'a Value>) -> Vec<String> {
    named.map(|thing| text(&thing["name"]).to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
