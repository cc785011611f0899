//! The flights of returns: as many for a hundred lines as for one.

use super::{Fixture, ROWS, place};
use domain::id::OrderId;
use serde_json::json;

const REQUEST: &[&[&str]] = &[
    &["look up a caller's role"],
    &["begin a transaction", "lock an idempotency key"],
    &[
        "lock an order",
        "look up what of an order can come back",
        "look up until when an order can come back",
    ],
    &[
        "set the actor of a transaction",
        "insert a return",
        "make a new version of an order",
        "enqueue an event",
        "look up a return",
    ],
    &["store a response", "commit"],
];
const APPROVE: &[&[&str]] = &[
    &["look up a caller's role"],
    &["begin a transaction", "find the order of a return"],
    &["lock an order"],
    &["look up a return"],
    &[
        "set the member of staff of a transaction",
        "approve a return",
        "make a new version of an order",
        "enqueue an event",
        "look up a return",
    ],
    &["commit"],
];
const RECEIVE: &[&[&str]] = &[
    &["look up a caller's role"],
    &["begin a transaction", "find the order of a return"],
    &["lock an order"],
    &["look up a return"],
    &[
        "set the member of staff of a transaction",
        "store what arrived of a return",
        "restock the goods of a return",
        "make a new version of an order",
        "enqueue an event",
        "look up a return",
    ],
    &["commit"],
];

#[tokio::test]
async fn a_return_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let fixture = Fixture::new().await;
    let orders = fixture.orders();
    let products = fixture.products(101).await;
    let staff = fixture.shop.staff().await;
    for (round, lines) in [1].into_iter().chain(ROWS).enumerate() {
        let buyer = fixture.shop.customer().await;
        let placed = place(&orders, &buyer, &products[..lines]).await;
        let order: OrderId = placed.text("/id").parse().unwrap();
        fixture.shop.pay(order).await;
        let ship = orders.post(&format!("/v1/orders/{order}/ship"), &json!({"carrier": "DHL"}));
        assert_eq!(ship.by(&staff).await.status, 200);

        let list = format!("/v1/orders/{order}/returns");
        let key = format!("a-key-to-return-{order}");
        let request = orders.post(&list, &json!({})).by(&buyer).key(&key);
        let (requesting, made) = fixture.flights(201, request).await;
        let path = |action: &str| format!("/v1/returns/{}/{action}", made.text("/id"));
        let approve = orders.post(&path("approve"), &json!({})).by(&staff);
        let (approving, _) = fixture.flights(200, approve).await;
        let arrived =
            |product| json!({"product": product, "received": 1, "condition": "new", "restock": 1});
        let arrived: Vec<_> = products[..lines].iter().map(arrived).collect();
        let receive = orders.post(&path("receive"), &json!({"lines": arrived})).by(&staff);
        let (receiving, received) = fixture.flights(200, receive).await;

        assert_eq!(received.body["lines"].as_array().map(Vec::len), Some(lines));
        // The first round prepares the statements.
        if round > 0 {
            assert_eq!(requesting, REQUEST);
            assert_eq!(approving, APPROVE);
            assert_eq!(receiving, RECEIVE);
        }
    }
}
