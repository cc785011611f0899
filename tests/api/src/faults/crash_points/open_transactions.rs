//! Checks the crashes themselves: a killed function sends nothing more, not even a ROLLBACK.

use crate::faults::order_body;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use std::cell::RefCell;
use testkit::{ApiClient, Product, Shop, at_every_crash_point};

#[tokio::test]
async fn whoever_is_killed_in_a_transaction_says_nothing_more_and_holds_nothing() {
    let mut shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1000, ..Product::any() }).await;
    let recorder = shop.record_statements().await;
    let sent = RefCell::new(Vec::new());

    at_every_crash_point(async |crash_point| {
        let (app, buyer) = (shop.app(), shop.customer().await);
        let request = async move || {
            let api = ApiClient::new(
                orders::routes(),
                Orders { app, dispatcher: OutboxDispatcher::deferred() },
            );
            api.post("/v1/orders", &order_body(mug))
                .by(&buyer)
                .key("killed in the middle")
                .await
                .status
        };
        let status = crash_point.run(request).await;

        // The next function needs a lock on the same product.
        assert!(status.is_none_or(|status| status == 201), "{crash_point}: {status:?}");
        sent.borrow_mut().extend(recorder.take().concat().iter().map(|sql| sql.to_lowercase()));
        status.is_none()
    })
    .await;

    let sent = sent.take();
    let count = |command: &str| sent.iter().filter(|sql| sql.starts_with(command)).count();
    let (begun, committed, rolled_back) = (count("begin"), count("commit"), count("rollback"));
    // How many points there are depends on how often an answer has to be waited for.
    assert!(begun >= committed + 2, "only {} died in a transaction", begun - committed);
    assert_eq!(rolled_back, 0);
    // Asked for together, for the last commit may still be on its way.
    let agree = "select (select count(*) from orders) = (select sum(reserved) from products)";
    assert!(shop.one::<bool>(agree).await);
    shop.check_invariants().await;
}
