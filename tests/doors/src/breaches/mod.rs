//! The books can be found wrong: each promise is broken in turn, and exactly that one is named, with its row.
//! What takes queues to break lies in the journeys.

mod answered;
mod database;
mod outside;

use books::{Books, Found, Harm};
use domain::id::OrderId;
use testkit::{Order, Person, Product, Shop};

/// A shop that has sold three mugs of ten, at 12.50 EUR each.
struct Scene {
    shop: Shop,
    buyer: Person,
    order: OrderId,
}

impl Scene {
    /// The order is `pending`, `confirmed`, `shipped` or `cancelled`.
    async fn with(status: &str) -> Self {
        let shop = Shop::open().await;
        let mug = Product { sku: "MUG-1".to_owned(), ..Product::any() };
        let product = shop.product(mug).await;
        let buyer = shop.customer().await;
        let order = shop.order_in(status, &buyer, Order { product, quantity: 3 }).await;
        shop.books().hold().await;
        Self { shop, buyer, order }
    }

    /// Does behind the shop's back what its rules and constraints forbid.
    async fn break_into(&self, sql: &str) {
        let all = format!(
            "set session_replication_role = replica; {sql}; reset session_replication_role"
        );
        self.shop.admin.batch_execute(&all).await.unwrap();
    }
}

/// What is found, and each row holds its part of what was expected.
async fn expect(books: Books<'_>, expected: &[(&str, Harm, &str)]) -> Found {
    let found = books.look().await.unwrap();
    let is_so = |(breach, (invariant, harm, part)): (&books::Breach, &(&str, Harm, &str))| {
        breach.invariant == *invariant && breach.harm == *harm && breach.row.contains(part)
    };
    let are_as_many = found.breaches.len() == expected.len();
    let are_so = found.breaches.iter().zip(expected).all(is_so);
    assert!(are_as_many && are_so, "{:#?} is not {expected:#?}", found.breaches);
    found
}

#[tokio::test]
#[should_panic(expected = "the shop broke its promises:\nI1: ")]
async fn books_that_are_wrong_do_not_hold() {
    let scene = Scene::with("pending").await;
    scene.break_into("update products set on_hand = 11").await;

    scene.shop.books().hold().await;
}
