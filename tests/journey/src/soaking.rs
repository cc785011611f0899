use crate::open;
use local::soak::{Wish, run};
use std::time::Duration;

#[tokio::test]
async fn a_day_on_which_something_breaks_every_second_loses_nothing_and_does_nothing_twice() {
    let shop = open().await;

    let wish = Wish { length: Duration::from_mins(1), seed: 20 };
    let day = run(&shop, &wish, |_| {}).await.unwrap();

    assert_eq!((day.lost, day.twice), (Vec::new(), Vec::new()), "on day {}", wish.seed);
    for what in ["orders", "payments", "refunds", "shipments", "cancellations", "feeds", "deaths"] {
        assert!(day.done.get(what).is_some_and(|times| *times > 0), "no {what} in {:?}", day.done);
    }
}
