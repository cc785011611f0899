//! The flights of guests: where an account is looked up, it is the secret that the same flight looks at.

use super::{Fixture, ROWS, order_body};
use serde_json::json;
use testkit::Call;

const CREATE: &[&[&str]] = &[
    &["take a rate limit token"],
    &[
        "begin a transaction",
        "look up the products of a checkout",
        "look at the time of the transaction",
    ],
    &["insert a checkout", "commit"],
];
const SHOW: &[&[&str]] = &[&["look up a checkout"], &["look up the products of a checkout"]];
const CHANGE: &[&[&str]] = &[
    &["begin a transaction", "lock a checkout"],
    &["look up the products of a checkout"],
    &["change a checkout", "commit"],
];
/// The address is looked up first, for whose turn it is. As with every address that nobody has proven, what the buyer holds and
/// where they are is counted.
const COMPLETE: &[&[&str]] = &[
    &["look up a checkout"],
    &[
        "begin a transaction",
        "lock a guest's address",
        "count a guest's unpaid orders",
        "count a buyer's unpaid orders",
        "complete a guest's checkout",
    ],
    &["reserve stock"],
    &["take a rate limit token"],
    &["count the pieces in a guest's unpaid orders"],
    &[
        "insert an order and its lines",
        "insert an order's guest",
        "enqueue an event",
        "store a response",
        "commit",
    ],
];
const SHOW_ORDER: &[&[&str]] =
    &[&["look up whether a guest's order is opened", "look up an order", "look up orders' lines"]];

#[tokio::test]
async fn a_guests_order_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let fixture = Fixture::new().await;
    let (checkouts, orders) = (fixture.checkouts(), fixture.orders());
    let products = fixture.products(101).await;
    for (round, lines) in [1].into_iter().chain(ROWS).enumerate() {
        let mut body = order_body(&products[..lines]);
        body["email"] = json!(format!("ann{round}@example.com"));
        let create = checkouts.post("/v1/checkouts", &body);
        let (creating, created) = fixture.flights(201, create).await;
        let path = format!("/v1/checkouts/{}", created.text("/id"));
        let secret = created.text("/secret").to_owned();
        let shown = |call: Call| call.header("checkout-secret", &secret);
        let (showing, _) = fixture.flights(200, shown(checkouts.get(&path))).await;
        let change = checkouts.patch(&path, &json!({"note": "Ring twice"}));
        let change = shown(change.header("if-match", "*"));
        let (changing, _) = fixture.flights(200, change).await;
        let total = json!({"expected_total": created.body["total"]});
        let complete = orders.post(&format!("{path}/complete"), &total);
        let complete = shown(complete.header("if-match", "*").key(&path));
        let (completing, placed) = fixture.flights(201, complete).await;
        let order = format!("/v1/orders/{}", placed.text("/id"));
        let (showing_order, _) = fixture.flights(200, shown(orders.get(&order))).await;

        // The first round prepares the statements.
        if round > 0 {
            assert_eq!(creating, CREATE);
            assert_eq!(showing, SHOW);
            assert_eq!(changing, CHANGE);
            assert_eq!(completing, COMPLETE);
            assert_eq!(showing_order, SHOW_ORDER);
        }
    }
}
