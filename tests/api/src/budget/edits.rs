//! The flights of an edit: as many for a hundred lines as for one.

use super::{Fixture, ROWS, place};
use domain::id::ProductId;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use testkit::ApiClient;

const EDIT: &[&[&str]] = &[
    &["look up a caller's role"],
    &[
        "begin a transaction",
        "lock an idempotency key",
        "lock an order",
        "look up an order's open payment",
        "look up whether an order's buyer has proven the address",
    ],
    &["look up an order"],
    &["look up orders' lines"],
    &[
        "set the actor of a transaction",
        "exchange an order's stock",
        "read the rules that price a basket",
    ],
    &[
        "record an edit of an order",
        "take the lines out of an order",
        "replace an order's lines",
        "store a response",
        "commit",
    ],
];

/// So many pieces of each product, at 12.50 euros.
fn body(products: &[ProductId], quantity: usize) -> Value {
    let line = |product: &ProductId| json!({"product": product, "quantity": quantity});
    let lines: Vec<_> = products.iter().map(line).collect();
    let total = json!({"amount": 1250 * quantity * products.len(), "currency": "EUR"});
    json!({"lines": lines, "expected_total": total})
}

#[tokio::test]
async fn an_edit_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let fixture = Fixture::new().await;
    let (_stand_in, stripe) = testkit::stripe().await;
    let (app, dispatcher) = (fixture.shop.app(), OutboxDispatcher::deferred());
    let payments = payments::Payments { app, dispatcher, stripe: stripe.into() };
    let payments = ApiClient::new(payments::routes(), payments);
    let orders = fixture.orders();
    let products = fixture.products(100).await;
    for lines in [1].into_iter().chain(ROWS) {
        let buyer = fixture.shop.customer().await;
        let placed = place(&orders, &buyer, &products[..lines]).await;
        let path = format!("/v1/orders/{}/edits", placed.text("/id"));
        let edit = |quantity| {
            let call = payments.post(&path, &body(&products[..lines], quantity)).by(&buyer);
            call.header("if-match", "*").key(&format!("the key of edit {quantity}"))
        };
        edit(2).await;

        let (sent, edited) = fixture.flights(200, edit(3)).await;

        assert_eq!(edited.body["lines"].as_array().map(Vec::len), Some(lines));
        assert_eq!(sent, EDIT);
    }
}
