//! Files of one top-level module that import each other, directly or by way of others. What is imported through
//! a re-export (other than `*`) counts as imported from the file that declares it. Unit tests count as well.
//!
//! A module and the modules inside it may import each other.

use super::source::{Import, SharedCrate};
use std::collections::{BTreeMap, BTreeSet};

/// Re-exports of re-exports are followed this far.
const DEPTH: usize = 16;

/// The imports that lie on a circle, each with its line.
pub(super) fn circles(of: &SharedCrate) -> Vec<String> {
    let modules = of.sources.iter().enumerate().map(|(at, source)| (source.module.as_slice(), at));
    let map = Map { modules: modules.collect(), names: names(of) };
    let mut edges = Vec::new();
    for (from, source) in of.sources.iter().enumerate() {
        for import in &source.imports {
            for to in map.files(&import.path, DEPTH) {
                let (a, b) = (&source.module, &of.sources[to].module);
                if a.first() == b.first() && !a.starts_with(b) && !b.starts_with(a) {
                    edges.push((from, to, import));
                }
            }
        }
    }
    let mut next = vec![BTreeSet::new(); of.sources.len()];
    for (from, to, _) in &edges {
        next[*from].insert(*to);
    }
    let mut found = BTreeSet::new();
    for (from, to, import) in edges {
        if reachable(&next, to).contains(&from) {
            let [from, to] = [from, to].map(|at| &of.sources[at]);
            let [own, other] = [from, to].map(|source| source.module.join("::"));
            let wrong = format!("{own} imports {other}, which leads back to it");
            found.insert(from.report(import, &wrong));
        }
    }
    found.into_iter().collect()
}

/// What the `use` lines of a module bring into it: the paths behind each name.
type Names<'a> = BTreeMap<(&'a [String], &'a str), Vec<&'a [String]>>;

fn names(of: &SharedCrate) -> Names<'_> {
    let mut names = Names::new();
    for Import { module, path, name, .. } in of.sources.iter().flat_map(|source| &source.imports) {
        if let Some(name) = name {
            names.entry((module, name)).or_default().push(path);
        }
    }
    names
}

struct Map<'a> {
    /// The files of the crate by their modules.
    modules: BTreeMap<&'a [String], usize>,
    names: Names<'a>,
}

impl Map<'_> {
    /// The files that declare what a path means: several, if a type and a function share a name.
    fn files(&self, path: &[String], depth: usize) -> Vec<usize> {
        let is_module = |length: &usize| self.modules.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(is_module).unwrap_or_default();
        let (module, rest) = path.split_at(length);
        if depth > 0
            && let Some((name, rest)) = rest.split_first()
            && let Some(paths) = self.names.get(&(module, name.as_str()))
        {
            let files = |path: &&[String]| self.files(&[path, rest].concat(), depth - 1);
            return paths.iter().flat_map(files).collect();
        }
        vec![self.modules[module]]
    }
}

fn reachable(next: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        open.extend(next[at].iter().filter(|to| seen.insert(**to)));
    }
    seen
}
