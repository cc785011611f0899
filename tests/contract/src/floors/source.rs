//! What a source file imports, read from its tokens: comments and strings are skipped, paths in macros are seen.
//!
//! Not seen: modules placed by `#[path]`, macros brought in by `#[macro_use]`, and paths that a macro of another crate
//! generates. The shared crates have none of these.

use crate::workspace::File;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// A library crate with all files below its `src`.
pub(super) struct SharedCrate {
    /// From the root of the workspace: `shared/domain`.
    pub(super) folder: String,
    pub(super) sources: Vec<Source>,
    /// The modules that the root declares.
    pub(super) modules: BTreeSet<String>,
}

impl SharedCrate {
    pub(super) fn new(folder: String, files: Vec<File>) -> Self {
        let sources: Vec<_> = files.into_iter().map(|file| Source::new(&folder, file)).collect();
        let modules = sources.iter().filter(|source| source.module.is_empty());
        let modules = modules.flat_map(|root| root.declared.iter().cloned()).collect();
        Self { folder, sources, modules }
    }
}

pub(super) struct Source {
    file: File,
    /// From the crate's root: `src/ordering/sql.rs` is `["ordering", "sql"]`.
    pub(super) module: Vec<String>,
    pub(super) imports: Vec<Import>,
    /// The modules that the file declares at its own level.
    declared: BTreeSet<String>,
}

impl Source {
    fn new(folder: &str, file: File) -> Self {
        let below = file.path.strip_prefix(folder).and_then(|path| path.strip_prefix("/src/"));
        let below = below.unwrap_or_else(|| panic!("{} is not in {folder}/src", file.path));
        let mut module: Vec<_> =
            below.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if below == "lib.rs" || below.ends_with("/mod.rs") {
            module.pop();
        }
        let tokens: TokenStream =
            file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut reader = Reader::default();
        reader.read(tokens, &module, true);
        let Reader { imports, declared } = reader;
        let declared = declared.into_iter().filter(|(above, _)| *above == module);
        let declared = declared.map(|(_, name)| name).collect();
        Self { file, module, imports, declared }
    }

    /// `file:line`, what is wrong, and the line itself.
    pub(super) fn report(&self, import: &Import, wrong: &str) -> String {
        let line = self.file.text.lines().nth(import.line - 1).unwrap_or_default().trim();
        format!("{}:{} {wrong}: {line}", self.file.path, import.line)
    }
}

/// A path in a `use`, or one that begins with `crate`, `self` or `super`.
pub(super) struct Import {
    /// The module that it stands in, from the crate's root.
    pub(super) module: Vec<String>,
    /// From the crate's root: `crate::db::Tx` is `["db", "Tx"]`, and in module `id`, `use std::fmt` is `["id", "std", "fmt"]`.
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// The name that it has in the whole module, if it is a `use` of the module.
    pub(super) name: Option<String>,
}

#[derive(Default)]
struct Reader {
    imports: Vec<Import>,
    /// Modules, each with the one that declares it.
    declared: Vec<(Vec<String>, String)>,
}

impl Reader {
    /// Reads tokens of `module`: its items, or what is inside one of them.
    fn read(&mut self, tokens: TokenStream, module: &[String], items: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at + 1..];
            at += 1;
            match &tokens[at - 1] {
                TokenTree::Ident(word) if word == "mod" => {
                    let Some(TokenTree::Ident(name)) = rest.first() else { continue };
                    if items {
                        self.declared.push((module.to_vec(), plain(name)));
                    }
                    at += 1;
                    if let Some(TokenTree::Group(body)) = rest.get(1) {
                        let inner = [module, &[plain(name)]].concat();
                        self.read(body.stream(), &inner, true);
                        at += 1;
                    }
                }
                // `use ::name` is of another crate.
                TokenTree::Ident(word) if word == "use" && !is(rest, 0, ':') => {
                    let start = Start { module, names: items, line: line(word) };
                    at += self.tree(rest, module.to_vec(), &start);
                }
                // `pub(in crate::catalog)` says who may import.
                TokenTree::Ident(word) if word == "pub" && is_restricted(rest) => at += 1,
                TokenTree::Ident(word)
                    if begins_path(word) && is(rest, 0, ':') && is(rest, 1, ':') =>
                {
                    let start = Start { module, names: false, line: line(word) };
                    at += self.tree(&tokens[at - 1..], module.to_vec(), &start) - 1;
                }
                TokenTree::Group(group) => self.read(group.stream(), module, false),
                _ => {}
            }
        }
    }

    /// Reads a path, or a tree of paths such as `crate::{db::Tx, id}`, whose first name goes below `path`. Returns how many tokens
    /// it took.
    fn tree(&mut self, tokens: &[TokenTree], mut path: Vec<String>, start: &Start<'_>) -> usize {
        let mut start = Start { ..*start };
        let mut at = 0;
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(word)) => {
                    match plain(word).as_str() {
                        "crate" => path.clear(),
                        "super" => drop(path.pop()),
                        "self" => {}
                        other => path.push(other.to_owned()),
                    }
                    // The line to show is the one that names the top-level module.
                    if path.len() <= 1 {
                        start.line = line(word);
                    }
                }
                Some(TokenTree::Group(group)) if is_brace(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    for branch in inner.split(|token| is(std::slice::from_ref(token), 0, ',')) {
                        if !branch.is_empty() {
                            self.tree(branch, path.clone(), &start);
                        }
                    }
                    return at + 1;
                }
                _ => {}
            }
            at += 1;
            let more = match tokens.get(at + 2) {
                Some(TokenTree::Ident(_)) => true,
                Some(TokenTree::Group(group)) => is_brace(group),
                _ => is(tokens, at + 2, '*'),
            };
            if !(more && is(tokens, at, ':') && is(tokens, at + 1, ':')) {
                break;
            }
            at += 2;
        }
        let mut name = if is(tokens, at - 1, '*') { None } else { path.last().cloned() };
        if let [TokenTree::Ident(word), TokenTree::Ident(other), ..] = &tokens[at..]
            && word == "as"
        {
            name = Some(plain(other));
            at += 2;
        }
        let name = name.filter(|_| start.names);
        self.imports.push(Import { module: start.module.to_vec(), path, line: start.line, name });
        at
    }
}

/// Where a path stands.
struct Start<'a> {
    module: &'a [String],
    /// Whether it is in a `use` that gives names to the whole module.
    names: bool,
    line: usize,
}

fn begins_path(word: &Ident) -> bool {
    word == "crate" || word == "super" || word == "self"
}

fn is_brace(group: &Group) -> bool {
    group.delimiter() == Delimiter::Brace
}

fn is(tokens: &[TokenTree], at: usize, sign: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_restricted(rest: &[TokenTree]) -> bool {
    let Some(TokenTree::Group(group)) = rest.first() else { return false };
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "in")
}

fn plain(word: &Ident) -> String {
    word.to_string().trim_start_matches("r#").to_owned()
}

fn line(word: &Ident) -> usize {
    word.span().start().line
}
