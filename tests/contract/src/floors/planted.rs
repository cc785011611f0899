//! Planted imports: what the checks of the floors find, and what they pass.

use super::source::SharedCrate;
use super::{Floors, circles, differences, floors, violations};
use crate::workspace::File;

const LIST: &str = "
Highest floor first:

```text floors shared/shop
statements
ordering  payments
db
failure   id
```

```text floors shared/other
alone
```
";

const ROOT: &str =
    "pub mod db; mod failure; mod id; mod ordering; pub mod payments; mod statements;";

fn list() -> Floors {
    floors(LIST).remove("shared/shop").unwrap()
}

/// A crate of these files below `src`, beside its root.
fn shop(files: &[(&str, &str)]) -> SharedCrate {
    let root = [("lib.rs", ROOT)];
    let files = root.iter().chain(files).map(|(path, text)| File {
        path: format!("shared/shop/src/{path}"),
        text: (*text).to_owned(),
    });
    SharedCrate::new("shared/shop".to_owned(), files.collect())
}

/// What is wrong with one file of the crate.
fn found(path: &str, text: &str) -> Vec<String> {
    violations(&list(), &shop(&[(path, text)]))
}

#[test]
fn an_import_from_above_is_found_with_its_line() {
    let found = found("db/pool.rs", "//! Connections.\n\nuse crate::ordering::Order;\n");

    let line = "shared/shop/src/db/pool.rs:3 db imports ordering, which is above it: use crate::ordering::Order;";
    assert_eq!(found, [line]);
}

#[test]
fn an_import_from_a_sibling_is_found() {
    let found = found("ordering/close.rs", "pub(crate) use crate::payments;");

    let line = "shared/shop/src/ordering/close.rs:1 ordering imports payments, its sibling: pub(crate) use crate::payments;";
    assert_eq!(found, [line]);
}

#[test]
fn imports_in_groups_are_found_on_their_own_lines() {
    let text = "use crate::{db::Tx, payments};\nuse crate::{\n    id,\n    payments::{self, Status},\n    statements as all,\n};";

    let found = found("ordering.rs", text);

    let places: Vec<_> = found.iter().map(|line| line.split_once(": ").unwrap()).collect();
    assert_eq!(
        places,
        [
            (
                "shared/shop/src/ordering.rs:1 ordering imports payments, its sibling",
                "use crate::{db::Tx, payments};"
            ),
            (
                "shared/shop/src/ordering.rs:4 ordering imports payments, its sibling",
                "payments::{self, Status},"
            ),
            (
                "shared/shop/src/ordering.rs:5 ordering imports statements, which is above it",
                "statements as all,"
            ),
        ]
    );
}

#[test]
fn an_import_is_found_wherever_it_stands() {
    for line in [
        "fn f() { crate::payments::hear(); }",
        "fn f() -> Result<crate::payments::Payment, ()> { todo!() }",
        "fn f() { use crate::payments::hear; }",
        "fn f() { tracing::error!(error = crate::payments::text(&error), \"no\"); }",
        "macro_rules! pay { () => { $crate::payments::pay() } }",
        "queries! { PAY: \"pay\" = crate::payments::SQL; }",
        "use super::payments;",
        "use super::{db::Tx, payments::Status};",
        "mod inner { use super::super::payments; }",
        "fn f() { self::super::payments::pay() }",
        "#[cfg(test)] mod tests { use super::*; use crate::payments::Status; }",
        "impl From<crate::payments::Refusal> for Refusal {}",
        "use crate::r#payments::Status;",
        "use {crate::payments::Status, std::fmt};",
    ] {
        let found = found("ordering/mod.rs", line);

        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert!(found[0].contains("ordering imports payments, its sibling"), "{found:?}");
    }
}

#[test]
fn nothing_comes_from_the_root_of_the_crate() {
    for line in
        ["use crate::start;", "use super::*;", "use crate as shop;", "fn f() { crate::start() }"]
    {
        let found = found("db.rs", line);

        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert!(found[0].contains("the crate root, which is above it"), "{found:?}");
    }
}

#[test]
fn what_is_no_import_or_runs_downwards_is_passed() {
    let text = r##"
        //! See [`crate::payments`].
        use crate::db::{Db, Tx};
        use crate::{failure, id::OrderId};
        use self::sql::lock;
        use super::super::failure::Failure;
        use payments::Status;
        use ::statements::all;
        /// Not like [`crate::payments::pay`].
        pub(in crate::payments) fn pay(of: impl Sized + use<>) {
            // crate::payments::pay()
            /* crate::payments::pay() */
            let text = "crate::payments::pay()";
            let raw = r#"use crate::payments;"#;
            self.lock(crate::ordering::lock, "use crate::statements;");
        }
        pub(crate) struct Order(pub(super) i32);
    "##;

    assert_eq!(found("ordering/close.rs", text), [""; 0]);
    assert_eq!(found("lib.rs", "use payments::pay; fn f() { crate::ordering::place() }"), [""; 0]);
}

#[test]
fn the_list_and_the_modules_are_the_same() {
    assert_eq!(differences(&list(), &shop(&[])), [""; 0]);
    assert_eq!(floors(LIST).keys().collect::<Vec<_>>(), ["shared/other", "shared/shop"]);

    let list = [vec!["ordering", "db", "mail"], vec!["payments", "db"], vec!["id", "failure"]];
    let list = list.map(|floor| floor.into_iter().map(str::to_owned).collect());

    let expected = ["db is listed 2 times", "statements is on no floor", "there is no module mail"];
    let expected = expected.map(|difference| format!("shared/shop: {difference}"));
    assert_eq!(differences(&list.into(), &shop(&[])), expected);
}

#[test]
fn a_circle_of_files_is_found_through_a_re_export() {
    let parent = (
        "ordering/mod.rs",
        "mod edit; mod order; mod status; pub use order::{Edited as Edit, Order};",
    );
    let edit = ("ordering/edit.rs", "use super::Order;\npub struct Edited;");
    let order = ("ordering/order.rs", "use super::status::Status;\npub struct Order;");
    let status =
        ("ordering/status.rs", "use super::edit;\n#[cfg(test)] mod tests { use super::*; }");

    let found = circles::circles(&shop(&[parent, edit, order, status]));

    let lines = [
        "edit.rs:1 ordering::edit imports ordering::order, which leads back to it: use super::Order;",
        "order.rs:1 ordering::order imports ordering::status, which leads back to it: use super::status::Status;",
        "status.rs:1 ordering::status imports ordering::edit, which leads back to it: use super::edit;",
    ];
    assert_eq!(found, lines.map(|line| format!("shared/shop/src/ordering/{line}")));
}

#[test]
fn a_module_and_its_parts_are_no_circle() {
    let parent = ("ordering/mod.rs", "mod order; mod sql; use order::Order; pub struct Id;");
    let order = ("ordering/order.rs", "use super::Id;");
    let sql = ("ordering/sql.rs", "use super::order; use super::{Id, Order};");

    assert_eq!(circles::circles(&shop(&[parent, order, sql])), [""; 0]);
}
