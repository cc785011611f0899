//! The invariants of our own records, which are checked once an hour.

use super::Fixture;
use domain::operations;
use std::time::{Duration, Instant};
use testkit::Log;

const UNCHECKED: &str = "could not be checked";
const BROKEN: &str = "does not hold";

#[tokio::test]
async fn the_invariants_are_checked_once_an_hour_even_if_stripe_is_away() {
    let fixture = Fixture::open().await;
    fixture.order().await;
    fixture.shop.run("update products set reserved = reserved + 1").await;
    fixture.stripe.accept_only_key("sk_test_another");
    let (log, _listening) = Log::of_this_test();

    for _ in 0..2 {
        assert!(fixture.reconcile.tick().await.is_err());
        fixture.shop.run("update reconciliations set leased_until = now()").await;
    }

    // It breaks two invariants: the orders hold fewer pieces, and so do the movements.
    assert_eq!(log.containing("does not hold").len(), 2);
    assert_eq!(log.containing("the reconciliation failed and is tried again").len(), 2);
}

#[tokio::test]
async fn a_check_that_fails_keeps_no_other_from_being_made() {
    let fixture = Fixture::open().await;
    fixture.order().await;
    // Three checks read it. Those before and after them find something.
    fixture.shop.run("alter table stock_moves rename to moves_of_another_release").await;
    fixture.shop.run("update products set reserved = reserved + 1").await;
    fixture.shop.run("delete from order_history").await;
    let (log, _listening) = Log::of_this_test();

    fixture.reconcile.tick().await.unwrap();

    assert_eq!(log.containing(UNCHECKED).len(), 4, "{:?}", log.containing(UNCHECKED));
    let broken = log.containing(BROKEN);
    for invariant in ["invariant I1 does not hold", "invariant I4 does not hold"] {
        assert!(broken.iter().any(|line| line.contains(invariant)), "{invariant}: {broken:?}");
    }
}

#[tokio::test]
async fn a_check_that_takes_long_leaves_time_to_the_others() {
    let fixture = Fixture::open().await;
    fixture.order().await;
    fixture.shop.run("delete from order_history").await;
    let (log, _listening) = Log::of_this_test();

    fixture.shop.run("begin").await;
    fixture.shop.run("lock table ledger in access exclusive mode").await;
    let began = Instant::now();
    operations::check_records(&fixture.shop.db, Duration::from_millis(800)).await;
    let took = began.elapsed();
    fixture.shop.run("rollback").await;

    // Three checks read the ledger.
    assert_eq!(log.containing(UNCHECKED).len(), 3, "{:?}", log.containing(UNCHECKED));
    assert!(log.containing(UNCHECKED).iter().all(|line| line.contains("statement timeout")));
    assert!(!log.containing(BROKEN).is_empty(), "a later check finds something");
    assert!(took < Duration::from_secs(3), "the role's limit is not waited for: {took:?}");
}
