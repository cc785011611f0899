//! One minute of load with a fault every second, and an audit afterwards.

use crate::open;
use local::soak::{Options, run};
use std::time::Duration;

#[tokio::test]
async fn a_day_on_which_something_breaks_every_second_loses_nothing_and_does_nothing_twice() {
    let shop = open().await;

    let options = Options { length: Duration::from_mins(1), seed: 20 };
    let result = run(&shop, &options, |_| {}).await.unwrap();

    assert_eq!((result.lost, result.twice), (Vec::new(), Vec::new()), "with seed {}", options.seed);
    for what in [
        "orders",
        "checkouts",
        "guests' orders",
        "claimed orders",
        "totals that changed",
        "payments",
        "refunds",
        "shipments",
        "returns",
        "returns received",
        "parcels",
        "packed parcels shipped",
        "packed parcels cancelled",
        "cancellations",
        "stock feeds",
        "killed functions",
        "missing objects",
        "flips of an object's mode",
        "thin events",
    ] {
        assert!(
            result.done.get(what).is_some_and(|times| *times > 0),
            "no {what} in {:?}",
            result.done
        );
    }
}
