//! A deploy meets a history of migrations that is not its own.

use super::{Customer, connect, migrate};
use domain::db::Db;
use serde_json::json;
use stack::Postgres;
use std::time::Duration;
use testkit::{Log, Shop};

/// The migration of a later release: it only adds, as each release does.
const LATER: &str = "alter table orders add column gift_note text;
    create table gift_cards (id uuid primary key);
    insert into refinery_schema_history values (9000, 'gifts', '2026-12-24T18:00:00.000000Z', '1')";

/// The database of the shop, as its owner.
async fn owner(shop: &Shop) -> (Db, String) {
    let name = shop.one::<String>("select current_database()::text").await;
    let url = Postgres::shared().await.unwrap().url(&name);
    (Db::connect(&url, 1).unwrap(), url)
}

#[tokio::test]
async fn a_release_works_on_the_schema_of_a_later_one() {
    let shop = Shop::open().await;
    let (owner, _) = owner(&shop).await;
    let mut customer = Customer::of(&shop, shop.db.clone()).await;
    let before = customer.order().await;
    shop.admin.batch_execute(LATER).await.unwrap();
    let history = "select string_agg(h::text, ',' order by version) from refinery_schema_history h";
    let found = shop.one::<String>(history).await;

    let answer = migrate(&owner).await;
    let after = customer.order().await;

    assert_eq!(answer, Ok(json!({"applied": 0})));
    assert_eq!(shop.one::<String>(history).await, found);
    assert_eq!((before.status, after.status), (201, 201), "{}", after.body);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_migration_that_was_skipped_is_refused_by_the_name_of_its_file() {
    let shop = Shop::open().await;
    let (owner, _) = owner(&shop).await;
    shop.run("delete from refinery_schema_history where version = 22").await;

    let skipped = migrate(&owner).await.unwrap_err();
    shop.admin.batch_execute(LATER).await.unwrap();
    let before_a_later_release = migrate(&owner).await.unwrap_err();

    assert_eq!(
        skipped,
        "could not migrate the schema: V22__fraud_warnings.sql was never applied here, and a newer migration was"
    );
    assert_eq!(before_a_later_release, skipped);
}

#[tokio::test]
async fn the_newest_migration_is_missing_below_a_later_release() {
    let shop = Shop::open().await;
    let (owner, _) = owner(&shop).await;
    let newest = "delete from refinery_schema_history
                  where version = (select max(version) from refinery_schema_history)";
    shop.run(newest).await;
    shop.admin.batch_execute(LATER).await.unwrap();

    let refused = migrate(&owner).await.unwrap_err();

    assert!(
        refused.ends_with(".sql was never applied here, and a newer migration was"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_migration_of_nobody_is_told_apart_from_one_that_is_missing() {
    let shop = Shop::open().await;
    let (owner, _) = owner(&shop).await;
    // No file has this number.
    shop.run("insert into refinery_schema_history values (16, 'elsewhere', '', '1')").await;

    let refused = migrate(&owner).await.unwrap_err();

    assert_eq!(
        refused,
        "could not migrate the schema: V16__elsewhere was applied here, and this release has newer migrations but not \
         this one"
    );
}

#[tokio::test]
async fn a_migration_that_was_changed_after_it_was_applied_is_refused() {
    let shop = Shop::open().await;
    let (owner, _) = owner(&shop).await;
    shop.run("update refinery_schema_history set checksum = '1' where version = 3").await;

    let refused = migrate(&owner).await.unwrap_err();

    assert_eq!(
        refused,
        "could not migrate the schema: V3__orders.sql differs from the migration that was applied under this number, \
         V3__orders"
    );
}

/// Runs `migrate` against a connection that holds something in a transaction, until it is seen to wait.
async fn waits_for(held: &str) {
    let shop = Shop::open().await;
    let (owner, url) = owner(&shop).await;
    let holder = connect(&url).await;
    holder.batch_execute(&format!("begin; {held}")).await.unwrap();
    let (log, _guard) = Log::of_this_test();
    let release = async {
        while log.containing("the migration waits").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        holder.batch_execute("commit").await.unwrap();
    };

    let both = async { tokio::join!(migrate(&owner), release) };
    let (answer, ()) = tokio::time::timeout(Duration::from_mins(1), both)
        .await
        .expect("the migration never said that it waits, or never ended");

    assert_eq!(answer, Ok(json!({"applied": 0})));
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and objid = 7000
                 and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(shop.one::<i64>(locks).await, 0);
}

#[tokio::test]
async fn a_run_waits_for_another_one_and_leaves_no_lock() {
    waits_for("select pg_advisory_xact_lock(7000)").await;
}

#[tokio::test]
async fn a_migration_lets_those_pass_who_wait_behind_it_and_tries_again() {
    waits_for("lock table refinery_schema_history").await;
}
