//! The files and crates of this workspace.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file below the root.
pub(crate) struct File {
    /// From the root of the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A member of the workspace.
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Its folder from the root: `functions/orders`.
    pub(crate) folder: String,
    /// Its dependencies without those for tests, by name.
    pub(crate) dependencies: Vec<String>,
    pub(crate) binaries: Vec<String>,
}

pub(crate) fn root() -> PathBuf {
    stack::tools::workspace()
}

pub(crate) fn read(path: &str) -> String {
    let full = root().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// All files below `folder` whose names end in one of `endings`, sorted by path.
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

/// The paths of all entries of a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The members of the workspace by name, as `cargo metadata` describes them.
pub(crate) fn crates() -> BTreeMap<String, Crate> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let command = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(command).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = list(&metadata["packages"]).map(|package| {
        let manifest = Path::new(text(&package["manifest_path"]));
        let folder = manifest.parent().unwrap().strip_prefix(root().canonicalize().unwrap());
        let is_binary = |target: &&Value| target["kind"][0] == "bin";
        let is_needed = |needed: &&Value| needed["kind"] != "dev";
        Crate {
            name: text(&package["name"]).to_owned(),
            folder: folder.unwrap().to_string_lossy().into_owned(),
            dependencies: strings(list(&package["dependencies"]).filter(is_needed)),
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
