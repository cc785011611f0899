//! The release after this one: a copy of the sources with one more migration, and the binaries that are built of it.

use stack::tools;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const MIGRATIONS: &str = "shared/domain/migrations";
/// What the next release adds: the release before knows nothing of it.
const MIGRATION: &str = "alter table orders add column gift_note text;
    alter table orders add constraint orders_gift_note_length check (char_length(gift_note) < 200) not valid;
    create table gift_cards (id uuid primary key, order_id uuid not null references orders);";
/// The fault of the next release: it reads a column of another table than its migration adds it to.
const FAULT: [&str; 3] =
    ["shared/domain/src/ordering/sql/timeline.rs", "else h.reason end", "else h.gift_note end"];
/// The functions that are built anew; they have this ending, since both releases are built into one folder.
const FUNCTIONS: [&str; 2] = ["migrate", "orders"];
const ENDING: &str = "-of-the-next-release";
/// In the workspace's `Cargo.toml`.
const VERSION: &str = "version = \"0.1.0\"";

/// Builds it, and returns a folder with all binaries: those of [`FUNCTIONS`] of the next release, the others from `now`.
pub(super) async fn build(now: &Path) -> PathBuf {
    let folder = tools::target().join("stack/next-release");
    copy_sources(&folder);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // With the whole workspace selected, the dependencies have the features of this release and are built already.
    build.args(["build", "--offline", "--workspace", "--target-dir"]).arg(tools::target());
    for function in FUNCTIONS {
        build.args(["--bin", &format!("{function}{ENDING}")]);
    }
    build.current_dir(&folder);
    let output = build.stdin(Stdio::null()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let binaries = folder.join("binaries");
    let _ = fs::remove_dir_all(&binaries);
    fs::create_dir_all(&binaries).unwrap();
    for entry in fs::read_dir(now).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let name = entry.file_name().into_string().unwrap();
        if name.contains('.') || name.ends_with(ENDING) {
            continue;
        }
        let newer = now.join(format!("{name}{ENDING}"));
        let binary = if FUNCTIONS.contains(&&*name) { newer } else { entry.path() };
        std::os::unix::fs::symlink(binary, binaries.join(name)).unwrap();
    }
    binaries
}

/// Copies the workspace. A file that has not changed is left alone, so that cargo need not build it again.
fn copy_sources(into: &Path) {
    let mut copied = BTreeSet::new();
    let root = tools::workspace();
    let mut open = ["Cargo.toml", "Cargo.lock", "functions", "shared", "tests", "template.yaml"]
        .map(PathBuf::from)
        .to_vec();
    while let Some(path) = open.pop() {
        if root.join(&path).is_dir() {
            let below = fs::read_dir(root.join(&path)).unwrap().flatten();
            open.extend(below.map(|entry| path.join(entry.file_name())));
            continue;
        }
        let mut bytes = fs::read(root.join(&path)).unwrap();
        if path == Path::new("Cargo.toml") {
            // To cargo, crates of one version in one target folder are the same, wherever their sources are.
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(VERSION), "{path:?}");
            bytes = text.replacen(VERSION, "version = \"0.2.0\"", 1).into_bytes();
        }
        for function in FUNCTIONS {
            if path == Path::new("functions").join(function).join("Cargo.toml") {
                let text = String::from_utf8(bytes).unwrap();
                let name = format!("[[bin]]\nname = \"{function}");
                assert!(text.contains(&name), "{path:?}");
                bytes = text.replace(&name, &format!("{name}{ENDING}")).into_bytes();
            }
        }
        let [file, right, wrong] = FAULT;
        if path == Path::new(file) {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(right), "{path:?}");
            bytes = text.replacen(right, wrong, 1).into_bytes();
        }
        write(&into.join(&path), &bytes);
        copied.insert(into.join(path));
    }
    let migration = into.join(MIGRATIONS).join(format!("V{}__gifts.sql", newest_migration() + 1));
    write(&migration, MIGRATION.as_bytes());
    copied.insert(migration);
    for old in fs::read_dir(into.join(MIGRATIONS)).unwrap().flatten() {
        if !copied.contains(&old.path()) {
            fs::remove_file(old.path()).unwrap();
        }
    }
}

fn newest_migration() -> u32 {
    let files = fs::read_dir(tools::workspace().join(MIGRATIONS)).unwrap().flatten();
    let numbers = files.map(|file| {
        let name = file.file_name().into_string().unwrap();
        name[1..].split("__").next().unwrap().parse().unwrap()
    });
    numbers.max().unwrap()
}

fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
