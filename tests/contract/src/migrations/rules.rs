//! What a migration may not do to a table that has rows and is in use.

use super::sql::{Migration, parts};
use std::fmt;

/// Tables that stay small in a large shop: they are locked only for a moment, whatever is done to them.
const SMALL: [&str; 5] = [
    "categories",
    "inventory_sources",
    "reconciliation_findings",
    "reconciliations",
    "stock_discrepancies",
];

/// A statement, and why it is refused.
pub(super) struct Fault {
    pub(super) statement: String,
    why: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.statement, self.why)
    }
}

/// The statements that are refused. `earlier` is the text of all migrations before.
pub(super) fn refused(migration: &Migration, earlier: &str) -> Vec<Fault> {
    let new = migration.created();
    let mut faults = Vec::new();
    for statement in &migration.statements {
        let mut refuse = |why| faults.push(Fault { statement: statement.clone(), why });
        if let Some((table, actions)) = alter_table(statement) {
            if new.contains(table) {
                continue;
            }
            for action in parts(actions) {
                let long = if SMALL.contains(&table) { None } else { locks_long(action) };
                if let Some(why) = breaks_the_release_before(action, earlier).or(long) {
                    refuse(why);
                } else if action.starts_with("validate ") && is_altered(migration, table) {
                    refuse(
                        "validate in a migration of its own: the lock of another change is held meanwhile",
                    );
                }
            }
        } else if let Some(why) =
            whole_statement(statement, &new.iter().copied().collect::<Vec<_>>())
        {
            refuse(why);
        } else if migration.statements.len() > 1
            && indexed_table(statement)
                .is_some_and(|table| !new.contains(table) && !SMALL.contains(&table))
        {
            refuse(
                "an index in a migration of its own: the locks of other changes are held meanwhile",
            );
        }
    }
    faults
}

/// The table of which an index is built.
fn indexed_table(statement: &str) -> Option<&str> {
    let begins = ["create index ", "create unique index "];
    begins.iter().any(|begins| statement.starts_with(begins)).then_some(())?;
    let (_, table) = statement.split_once(" on ")?;
    table.strip_prefix("only ").unwrap_or(table).split([' ', '(']).next()
}

/// The table and what is done to it.
fn alter_table(statement: &str) -> Option<(&str, &str)> {
    let rest = statement.strip_prefix("alter table ")?;
    let rest = rest.strip_prefix("if exists ").unwrap_or(rest);
    let rest = rest.strip_prefix("only ").unwrap_or(rest);
    rest.split_once(' ')
}

/// Whether the migration changes the table apart from validating constraints.
fn is_altered(migration: &Migration, table: &str) -> bool {
    let altered = migration.statements.iter().filter_map(|statement| alter_table(statement));
    altered
        .filter(|(name, _)| *name == table)
        .any(|(_, actions)| parts(actions).iter().any(|action| !action.starts_with("validate ")))
}

fn breaks_the_release_before(action: &str, earlier: &str) -> Option<&'static str> {
    let change = column_change(action);
    if action.starts_with("rename ") || (action.starts_with("drop ") && !drops_constraint(action)) {
        return Some(
            "the release before uses it: drop it when no release does, and say so in ALLOWED",
        );
    }
    match change {
        Some((_, change)) if change.starts_with("drop default") => {
            Some("the release before relies on the default")
        }
        Some((column, "set not null")) if !is_never_null(column, earlier) => Some(
            "add a check (… is not null) not valid, validate it in the next migration, then set not null",
        ),
        _ => {
            let column = added_column(action)?;
            let filled = column.contains(" default ") || column.contains(" generated ");
            (column.contains(" not null") && !filled)
                .then_some("the release before does not fill the column: it needs a default")
        }
    }
}

fn locks_long(action: &str) -> Option<&'static str> {
    if let Some((_, change)) = column_change(action) {
        let rewrites = change.starts_with("type ") || change.starts_with("set data type ");
        return rewrites.then_some("it writes all rows anew: add a column beside it");
    }
    if let Some(constraint) = action.strip_prefix("add constraint ") {
        let rule = constraint.split_once(' ').map_or("", |(_, rule)| rule);
        let is_index =
            ["unique", "primary key", "exclude"].iter().any(|kind| rule.starts_with(kind));
        return match (is_index, rule.contains(" using index "), rule.ends_with(" not valid")) {
            (true, false, _) => {
                Some("it builds an index: create it first, then add the constraint using index")
            }
            (false, _, false) => {
                Some("it reads all rows: add it not valid, and validate it in the next migration")
            }
            _ => None,
        };
    }
    if ["set logged", "set unlogged", "set tablespace"].iter().any(|set| action.starts_with(set)) {
        return Some("it writes all rows anew");
    }
    let column = added_column(action)?;
    let inline = [" check (", " references ", " unique", " primary key", " constraint "];
    if inline.iter().any(|rule| column.contains(rule)) {
        return Some(
            "it reads all rows: add the constraint not valid, and validate it in the next migration",
        );
    }
    let default = column.split_once(" default ").map_or("", |(_, default)| default);
    let computed = default.contains('(') && !default.starts_with("now()");
    (computed || column.contains(" generated "))
        .then_some("it writes all rows anew: add the column without a computed value")
}

fn whole_statement(statement: &str, new: &[&str]) -> Option<&'static str> {
    let of_new = |name: &str| new.contains(&name.split([' ', '(', ',']).next().unwrap_or_default());
    let words: Vec<_> = statement.split(' ').collect();
    if words.contains(&"concurrently") {
        return Some(
            "a migration is a transaction: build the index by hand before, see ARCHITECTURE.md",
        );
    }
    if statement.starts_with("create index ") || statement.starts_with("create unique index ") {
        let table = statement.split_once(" on ").map_or("", |(_, table)| table);
        let table = table.strip_prefix("only ").unwrap_or(table);
        let passes = statement.contains(" index if not exists ") || of_new(table);
        let is_small = SMALL.contains(&table.split([' ', '(']).next().unwrap_or_default());
        return (!passes && !is_small).then_some(
            "writers wait for the index: if not exists, so that it can be built by hand before",
        );
    }
    let of_old = |begins: &str| {
        let name = statement.strip_prefix(begins);
        name.is_some_and(|name| !of_new(name.strip_prefix("only ").unwrap_or(name)))
    };
    if of_old("update ") || of_old("delete from ") {
        return Some(
            "it locks all rows that it writes: let the sweep fill them in, some at a time",
        );
    }
    if statement.starts_with("set ") && !statement.starts_with("set local ") {
        return Some("it outlives the migration: set local");
    }
    let locks = ["truncate ", "lock ", "cluster", "vacuum", "reindex ", "refresh "];
    if locks.iter().any(|word| statement.starts_with(word)) {
        return Some("nobody can use the table meanwhile");
    }
    let dropped = ["drop table ", "drop view ", "drop function ", "drop type ", "drop schema "];
    if dropped.iter().any(|word| statement.starts_with(word)) {
        return Some(
            "the release before uses it: drop it when no release does, and say so in ALLOWED",
        );
    }
    let revoked = statement.starts_with("revoke ").then(|| statement.split_once(" on ")).flatten();
    revoked
        .is_some_and(|(_, tables)| {
            let tables = tables.split_once(" from ").map_or(tables, |(tables, _)| tables);
            let tables = tables.strip_prefix("table ").unwrap_or(tables);
            let tables = tables.strip_prefix("function ").unwrap_or(tables);
            parts(tables).iter().any(|table| !of_new(table))
        })
        .then_some("the release before may need the right")
}

fn drops_constraint(action: &str) -> bool {
    action.starts_with("drop constraint ")
}

/// The column and its change, of `alter [column] <name> <change>`.
fn column_change(action: &str) -> Option<(&str, &str)> {
    let rest = action.strip_prefix("alter ")?;
    let rest = rest.strip_prefix("column ").unwrap_or(rest);
    rest.split_once(' ')
}

/// The definition of a column that is added.
fn added_column(action: &str) -> Option<&str> {
    let rest = action.strip_prefix("add ")?;
    let rest = rest.strip_prefix("column ").unwrap_or(rest);
    Some(rest.strip_prefix("if not exists ").unwrap_or(rest))
        .filter(|rest| !rest.starts_with("constraint "))
}

/// Whether a migration before has validated that the column is never null.
fn is_never_null(column: &str, earlier: &str) -> bool {
    let check = format!(" check ({column} is not null)");
    earlier.match_indices(&check).any(|(at, _)| {
        let name = earlier[..at].rsplit(' ').next().unwrap_or_default();
        earlier.contains(&format!("validate constraint {name};"))
    })
}
