//! The layers ("floors") of the shared crates: a top-level module imports only from the floors below its own, not from above and
//! not from a module of the same floor. A crate's root file is above all floors. Unit tests count as well.
//!
//! The floors of each crate are listed in `shared/domain/ARCHITECTURE.md`.

mod circles;
mod planted;
mod source;

use crate::workspace;
use source::SharedCrate;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

const ARCHITECTURE: &str = "shared/domain/ARCHITECTURE.md";

/// The floors of a crate, highest first, each with the names of its modules.
type Floors = Vec<Vec<String>>;

/// The code blocks of a Markdown document whose info string is `text floors <folder of the crate>`, by folder.
fn floors(document: &str) -> BTreeMap<String, Floors> {
    let mut all = BTreeMap::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(folder) = line.strip_prefix("```text floors ") else { continue };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let names = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        let known = all.insert(folder.trim().to_owned(), block.map(names).collect());
        assert!(known.is_none(), "two lists of floors for {folder}");
    }
    all
}

fn shared_crates() -> Vec<SharedCrate> {
    let folders = workspace::folders("shared").into_iter().map(|name| format!("shared/{name}"));
    let read = |folder: String| {
        let files = workspace::files(&format!("{folder}/src"), &[".rs"]);
        SharedCrate::new(folder, files)
    };
    folders.map(read).collect()
}

/// How the list and the modules of a crate differ.
fn differences(floors: &Floors, of: &SharedCrate) -> Vec<String> {
    let listed: Vec<_> = floors.iter().flatten().collect();
    let mut differences = Vec::new();
    for module in &of.modules {
        match listed.iter().filter(|name| **name == module).count() {
            0 => differences.push(format!("{}: {module} is on no floor", of.folder)),
            1 => {}
            times => differences.push(format!("{}: {module} is listed {times} times", of.folder)),
        }
    }
    let gone = listed.into_iter().filter(|name| !of.modules.contains(*name));
    differences.extend(gone.map(|name| format!("{}: there is no module {name}", of.folder)));
    differences
}

/// The imports that run upwards or to a sibling, each with its line.
fn violations(floors: &Floors, of: &SharedCrate) -> Vec<String> {
    let floor = |module: &str| floors.iter().position(|floor| floor.iter().any(|m| m == module));
    let mut found = BTreeSet::new();
    for source in &of.sources {
        for import in &source.imports {
            // The root file may import any module.
            let Some(module) = import.module.first() else { continue };
            let wrong = match import.path.first() {
                Some(target) if target == module => continue,
                Some(target) if of.modules.contains(target) => {
                    // `differences` tells of modules that are on no floor.
                    let (Some(own), Some(other)) = (floor(module), floor(target)) else { continue };
                    match own.cmp(&other) {
                        Ordering::Less => continue,
                        Ordering::Equal => format!("{target}, its sibling"),
                        Ordering::Greater => format!("{target}, which is above it"),
                    }
                }
                Some(item) => format!("{item} from the crate root, which is above it"),
                None => "the crate root, which is above it".to_owned(),
            };
            found.insert(source.report(import, &format!("{module} imports {wrong}")));
        }
    }
    found.into_iter().collect()
}

#[test]
fn every_top_level_module_of_a_shared_crate_is_on_one_floor() {
    let floors = floors(&workspace::read(ARCHITECTURE));
    let crates = shared_crates();
    let mut faults = Vec::new();
    for of in &crates {
        match floors.get(&of.folder) {
            Some(floors) => faults.extend(differences(floors, of)),
            None => faults.push(format!("{ARCHITECTURE} lists no floors for {}", of.folder)),
        }
    }
    let gone = floors.keys().filter(|folder| !crates.iter().any(|of| of.folder == **folder));
    faults.extend(gone.map(|folder| format!("{ARCHITECTURE} lists floors for {folder}")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_module_imports_only_from_the_floors_below_its_own() {
    let floors = floors(&workspace::read(ARCHITECTURE));
    let crates = shared_crates();
    let listed = crates.iter().filter_map(|of| Some((floors.get(&of.folder)?, of)));
    let found: Vec<_> = listed.flat_map(|(floors, of)| violations(floors, of)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let imports = crates.iter().flat_map(|of| &of.sources).map(|source| source.imports.len());
    assert!(imports.sum::<usize>() > 500, "imports are missing");
}

#[test]
fn no_files_of_a_shared_crate_import_each_other_in_a_circle() {
    let found: Vec<_> = shared_crates().iter().flat_map(circles::circles).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
