//! The flights of parcels and of refunds: as many for a hundred lines as for one.

use super::{Fixture, ROWS, place};
use domain::id::OrderId;
use serde_json::json;

const LOCK: &[&str] = &[
    "lock an order",
    "look up how far an order is",
    "look up an order's packed parcels",
    "check whether all of an order's money is on its way back",
];
const PACK: &[&[&str]] = &[
    &["look up a caller's role"],
    &["begin a transaction", "lock an idempotency key"],
    LOCK,
    &[
        "set the member of staff of a transaction",
        "insert a parcel",
        "make a new version of an order",
        "look up a parcel",
    ],
    &["store a response", "commit"],
];
const SHIP: &[&[&str]] = &[
    &["look up a caller's role"],
    &["begin a transaction", "find the order of a parcel"],
    LOCK,
    &["look up a parcel"],
    &[
        "set the member of staff of a transaction",
        "hand over parcels",
        "deduct the stock of parcels",
        "ship an order",
        "enqueue an event",
        "look up a parcel",
    ],
    &["commit"],
];
const SHIP_REST: &[&[&str]] = &[
    &["look up a caller's role"],
    &[
        "begin a transaction",
        "lock an order",
        "look up how far an order is",
        "look up an order's packed parcels",
        "check whether all of an order's money is on its way back",
    ],
    &[
        "set the member of staff of a transaction",
        "insert a parcel",
        "deduct the stock of parcels",
        "ship an order",
        "enqueue an event",
        "look up an order",
    ],
    &["look up orders' lines"],
    &["commit"],
];

#[tokio::test]
async fn a_parcel_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let fixture = Fixture::new().await;
    let orders = fixture.orders();
    let products = fixture.products(101).await;
    let staff = fixture.shop.staff().await;
    for (round, lines) in [1].into_iter().chain(ROWS).enumerate() {
        let buyer = fixture.shop.customer().await;
        let placed = place(&orders, &buyer, &products[..lines]).await;
        let order: OrderId = placed.text("/id").parse().unwrap();
        fixture.shop.pay(order).await;
        let list = format!("/v1/orders/{order}/fulfillments");
        let pack = orders.post(&list, &json!({})).by(&staff).key(&format!("a-key-to-pack-{order}"));
        let (packing, packed) = fixture.flights(201, pack).await;
        let path = format!("/v1/fulfillments/{}/ship", packed.text("/id"));
        let ship = orders.post(&path, &json!({"carrier": "DHL"})).by(&staff);
        let (shipping, shipped) = fixture.flights(200, ship).await;
        let buyer = fixture.shop.customer().await;
        let placed = place(&orders, &buyer, &products[..lines]).await;
        let order: OrderId = placed.text("/id").parse().unwrap();
        fixture.shop.pay(order).await;
        let rest = orders.post(&format!("/v1/orders/{order}/ship"), &json!({"carrier": "DHL"}));
        let (shipping_rest, _) = fixture.flights(200, rest.by(&staff)).await;

        assert_eq!(shipped.body["lines"].as_array().map(Vec::len), Some(lines));
        // The first round prepares the statements.
        if round > 0 {
            assert_eq!(packing, PACK);
            assert_eq!(shipping, SHIP);
            assert_eq!(shipping_rest, SHIP_REST);
        }
    }
}
