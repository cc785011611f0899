//! Tests of the audit itself: each invariant is broken in turn, and the audit names exactly that one, with its row.
//! Breaches that need real queues are in `tests/e2e`.

mod answered;
mod database;
mod outside;
mod priced;

use domain::id::OrderId;
use invariants::{Audit, AuditReport, BreachKind};
use testkit::{Order, Product, Shop, User};

/// A shop with one order over three of ten mugs, at 12.50 EUR each.
struct Fixture {
    shop: Shop,
    buyer: User,
    order: OrderId,
}

impl Fixture {
    /// `status`: `pending`, `confirmed`, `shipped` or `cancelled`.
    async fn with_order(status: &str) -> Self {
        let shop = Shop::open().await;
        let mug = Product { sku: "MUG-1".to_owned(), ..Product::any() };
        let product = shop.product(mug).await;
        let buyer = shop.customer().await;
        let order = shop.order_in(status, &buyer, Order { product, quantity: 3 }).await;
        shop.audit().assert_holds().await;
        Self { shop, buyer, order }
    }

    /// Runs SQL with triggers and foreign keys disabled.
    async fn corrupt(&self, sql: &str) {
        let all = format!(
            "set session_replication_role = replica; {sql}; reset session_replication_role"
        );
        self.shop.admin.batch_execute(&all).await.unwrap();
    }
}

/// Runs the audit, and asserts that it finds these breaches: invariant, kind, and a part of the named row.
async fn expect(audit: Audit<'_>, expected: &[(&str, BreachKind, &str)]) -> AuditReport {
    let found = audit.run().await.unwrap();
    let matches =
        |(breach, (invariant, kind, part)): (&invariants::Breach, &(&str, BreachKind, &str))| {
            breach.invariant == *invariant && breach.kind == *kind && breach.row.contains(part)
        };
    let all_match =
        found.breaches.len() == expected.len() && found.breaches.iter().zip(expected).all(matches);
    assert!(all_match, "{:#?} is not {expected:#?}", found.breaches);
    found
}

#[tokio::test]
#[should_panic(expected = "invariants are broken:\nI1: ")]
async fn an_audit_that_finds_a_breach_fails() {
    let fixture = Fixture::with_order("pending").await;
    fixture.corrupt("update products set on_hand = 11").await;

    fixture.shop.audit().assert_holds().await;
}
