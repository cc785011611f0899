//! That these deaths are deaths: nobody who is killed takes their leave.

use crate::faults::wish;
use lambda::dispatch::Dispatch;
use orders::Orders;
use std::cell::RefCell;
use testkit::{Door, Product, Shop, everywhere};

#[tokio::test]
async fn whoever_is_killed_in_a_transaction_says_nothing_more_and_holds_nothing() {
    let mut shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1000, ..Product::any() }).await;
    let tap = shop.tap().await;
    let said = RefCell::new(Vec::new());

    everywhere(async |death| {
        let (app, buyer) = (shop.app(), shop.customer().await);
        let life = async move || {
            let door = Door::new(orders::routes(), Orders { app, dispatch: Dispatch::later() });
            door.post("/v1/orders", &wish(mug)).by(&buyer).key("killed in the middle").await.status
        };
        let end = death.of(life).await;

        // Whoever comes next wants the same shelf.
        assert!(end.is_none_or(|status| status == 201), "{death}: {end:?}");
        said.borrow_mut().extend(tap.take().iter().map(|sql| sql.to_lowercase()));
        end.is_none()
    })
    .await;

    let said = said.take();
    let count = |word: &str| said.iter().filter(|sql| sql.starts_with(word)).count();
    let (begun, done, taken_back) =
        (count("start transaction"), count("commit"), count("rollback"));
    assert!(begun >= done + 10, "only {} died in a transaction", begun - done);
    assert_eq!(taken_back, 0);
    let (_, reserved) = shop.stock(mug).await;
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, i64::from(reserved));
    shop.check_invariants().await;
}
