//! Migrations run while the shop is open, and while the release before serves a part of the requests. What would lock a
//! table with rows for long, or break that release, is refused, from V25 on.

mod rules;
mod sql;

use crate::workspace::{File, files};
use sql::Migration;

const FOLDER: &str = "shared/domain/migrations";
/// Until here, numbers were skipped and locks were not looked at.
const LAST_WITHOUT_RULES: u32 = 24;
/// What may be done all the same: the number, the beginning of the statement, and why. Columns that no release uses any
/// more are dropped here, for example.
const ALLOWED: &[(u32, &str, &str)] =
    &[(74, "update shop_pricing set guest_checkout", "the table has one row")];

/// The number of a migration.
fn number(path: &str) -> u32 {
    let name = path.rsplit('/').next().unwrap_or_default();
    let number = name.strip_prefix('V').and_then(|name| name.split_once("__"));
    number.unwrap_or_else(|| panic!("{path} is not named V<n>__<what>.sql")).0.parse().unwrap()
}

/// The migrations in their order.
fn migrations() -> Vec<(u32, File)> {
    let files = files(FOLDER, &[".sql"]).into_iter();
    let mut numbered: Vec<_> = files.map(|file| (number(&file.path), file)).collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered
}

/// The numbers after the last one that has no rules which are missing below the newest, or given twice.
fn gaps(numbers: &[u32]) -> Vec<u32> {
    let newest = numbers.iter().copied().max().unwrap_or(0);
    let times = |number: u32| numbers.iter().filter(|known| **known == number).count();
    (LAST_WITHOUT_RULES + 1..=newest).filter(|number| times(*number) != 1).collect()
}

#[test]
fn the_numbers_of_migrations_have_no_gaps_from_now_on() {
    let numbers: Vec<_> = migrations().into_iter().map(|(number, _)| number).collect();
    assert!(numbers.len() >= 20, "migrations are missing");
    assert!(gaps(&numbers).is_empty(), "missing, or there twice: {:?}", gaps(&numbers));
    assert_eq!(gaps(&[1, 24, 25, 27, 28, 28]), [26, 28]);
}

#[test]
fn new_migrations_lock_nothing_for_long_and_the_release_before_works_on() {
    let mut earlier = String::new();
    let mut refused = Vec::new();
    for (number, file) in migrations() {
        let migration = Migration::read(&file.text);
        if number > LAST_WITHOUT_RULES {
            let faults = rules::refused(&migration, &earlier).into_iter();
            let allowed = |statement: &str| {
                ALLOWED.iter().any(|(of, begins, _)| *of == number && statement.starts_with(begins))
            };
            let faults = faults.filter(|fault| !allowed(&fault.statement));
            refused.extend(faults.map(|fault| format!("{}: {fault}", file.path)));
        }
        earlier.push_str(&migration.text());
    }
    assert!(refused.is_empty(), "see ARCHITECTURE.md, Migrations:\n{}", refused.join("\n"));
}

/// Each paragraph of `planted.sql` is a migration, and its first line says why it is refused, or that it passes.
#[test]
fn what_locks_long_or_breaks_the_release_before_is_refused() {
    let planted = include_str!("planted.sql");
    let mut earlier = String::new();
    let (mut passed, mut caught) = (0, 0);
    for paragraph in planted.split("\n\n") {
        let (expected, text) = paragraph.trim().split_once('\n').unwrap();
        let migration = Migration::read(text);
        let faults = rules::refused(&migration, &earlier);
        let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
        if let Some(why) = expected.strip_prefix("-- refused: ") {
            assert!(said.len() == 1 && said[0].contains(why), "{text}\n{why:?}, not {said:?}");
            caught += 1;
        } else {
            assert_eq!(expected, "-- passes");
            assert!(said.is_empty(), "{text}\n{said:?}");
            passed += 1;
        }
        earlier.push_str(&migration.text());
    }
    assert!(caught >= 20 && passed >= 5, "{caught} refused, {passed} passed");
}
