//! Reads the statements of a migration: enough of SQL for the rules.

use std::collections::BTreeSet;

/// Statements in lower case without comments, each on one line. The bodies of functions are left out, for they run later;
/// the statements of a `do` block stand behind it.
pub(super) struct Migration {
    pub(super) statements: Vec<String>,
}

impl Migration {
    pub(super) fn read(text: &str) -> Self {
        let mut statements = Vec::new();
        for (statement, body) in split(&without_comments(text)) {
            let runs_at_once = statement.starts_with("do ");
            statements.push(statement);
            if let (true, Some(body)) = (runs_at_once, body) {
                statements.extend(Self::read(&body).statements.into_iter().map(inner));
            }
        }
        Self { statements }
    }

    pub(super) fn text(&self) -> String {
        self.statements.iter().flat_map(|statement| [statement.as_str(), ";\n"]).collect()
    }

    /// The tables and functions that it creates: they have no rows, and the release before does not know them.
    pub(super) fn created(&self) -> BTreeSet<&str> {
        let kinds = ["create table if not exists ", "create table ", "create function "];
        let created = self.statements.iter().filter_map(|statement| {
            let name = kinds.iter().find_map(|kind| statement.strip_prefix(kind))?;
            name.split([' ', '(']).next()
        });
        created.collect()
    }
}

/// A statement of a block, without the words before it: `begin`, `if … then`, `else`.
fn inner(statement: String) -> String {
    let begins =
        ["alter ", "create ", "drop ", "update ", "delete ", "truncate ", "lock ", "revoke "];
    let words = [" begin ", " then ", " else ", " loop "];
    let padded = format!(" {statement}");
    let cut = words.iter().filter_map(|word| padded.rfind(word).map(|at| at + word.len())).max();
    let rest = padded[cut.unwrap_or(1)..].trim().to_owned();
    if begins.iter().any(|word| rest.starts_with(word)) { rest } else { statement }
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

/// The statements, with the text between dollar quotes apart.
fn split(text: &str) -> Vec<(String, Option<String>)> {
    let mut statements = Vec::new();
    let (mut statement, mut body) = (String::new(), None);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find([';', '$', '\'']).unwrap_or(rest.len());
        statement.push_str(&rest[..end]);
        rest = &rest[end..];
        if let Some(after) = rest.strip_prefix(';') {
            statements.push((one_line(&statement), body.take()));
            statement.clear();
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\'') {
            let closing = after.find('\'').map_or(after.len(), |at| at + 1);
            statement.push('\'');
            statement.push_str(&after[..closing]);
            rest = &after[closing..];
        } else if let Some(after) = rest.strip_prefix('$') {
            let tag = &rest[..after.find('$').map_or(rest.len(), |at| at + 2)];
            let quoted = &rest[tag.len()..];
            let length = quoted.find(tag).unwrap_or(quoted.len());
            body = Some(quoted[..length].to_owned());
            statement.push_str("$$");
            rest = quoted.get(length + tag.len()..).unwrap_or_default();
        }
    }
    statements.push((one_line(&statement), body));
    statements.retain(|(statement, _)| !statement.is_empty());
    statements
}

fn one_line(statement: &str) -> String {
    statement.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a list, at the commas that stand in no parentheses.
pub(super) fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut from) = (0, 0);
    let mut parts = Vec::new();
    for (at, letter) in list.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts
}
