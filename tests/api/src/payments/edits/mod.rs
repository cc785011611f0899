//! Edits of orders that are not paid yet: what they consist of, what they cost, and what becomes of a payment that was started.

mod lines;
mod open_payments;
mod priced;
mod races;
mod refused;

use super::Fixture;
use axum::http::Method;
use domain::id::{OrderId, ProductId};
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, User};

/// A shop that sells mugs at 12.50 EUR and cups at 5.00 EUR, ten of each, and an order of two mugs.
struct Edits {
    fixture: Fixture,
    mug: ProductId,
    cup: ProductId,
    order: OrderId,
}

impl Edits {
    async fn open() -> Self {
        Self::on(Fixture::open().await).await
    }

    async fn on(fixture: Fixture) -> Self {
        let mug = Product { sku: "MUG".to_owned(), ..Product::any() };
        let mug = fixture.shop.product(mug).await;
        let cup = Product { sku: "CUP".to_owned(), price: 500, ..Product::any() };
        let cup = fixture.shop.product(cup).await;
        let order = fixture.shop.order(&fixture.buyer, Order { product: mug, quantity: 2 }).await;
        Self { fixture, mug, cup, order }
    }

    /// The buyer's edit of whatever version, under a key of its own.
    fn edit(&self, lines: &[(ProductId, i64)], cents: i64) -> Call {
        self.edit_by(&self.fixture.buyer, lines, cents)
    }

    fn edit_by(&self, user: &User, lines: &[(ProductId, i64)], cents: i64) -> Call {
        let call = edit(&self.fixture.api, self.order, &body(lines, cents));
        call.by(user).header("if-match", "*").key(&fresh_key())
    }

    /// The order's status, total and captured amount; its lines by name; then the status and amount of each payment.
    async fn state(&self) -> String {
        let sql = "select concat_ws(' | ', concat_ws(' ', o.status, o.total_minor, o.captured_minor),
                       (select string_agg(concat(l.quantity, ' ', l.sku), ', ' order by l.sku) from order_lines l
                        where l.order_id = o.id),
                       (select string_agg(concat(p.status, ' ', p.amount_minor), ', ' order by p.id) from payments p
                        where p.order_id = o.id))
                   from orders o where id = $1";
        self.fixture.shop.admin.query_one(sql, &[&self.order]).await.unwrap().get(0)
    }

    /// How many mugs and cups are reserved.
    async fn reserved(&self) -> (i32, i32) {
        let shop = &self.fixture.shop;
        (shop.stock(self.mug).await.1, shop.stock(self.cup).await.1)
    }

    async fn edits(&self) -> i64 {
        self.fixture.shop.one("select count(*) from order_edits").await
    }
}

fn edit(api: &ApiClient, order: OrderId, body: &Value) -> Call {
    api.call(Method::POST, &format!("/v1/orders/{order}/edits")).json(body)
}

fn body(lines: &[(ProductId, i64)], cents: i64) -> Value {
    let line =
        |(product, quantity): &(ProductId, i64)| json!({"product": product, "quantity": quantity});
    let lines: Vec<_> = lines.iter().map(line).collect();
    json!({"lines": lines, "expected_total": {"amount": cents, "currency": "EUR"}})
}

fn fresh_key() -> String {
    format!("the key of an edit {}", ProductId::generate())
}
