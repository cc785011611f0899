//! Many buyers of few pieces at once: no piece is sold twice, and nobody waits long.

use super::{order_body, orders_api};
use domain::id::FamilyId;
use futures_util::{StreamExt as _, stream};
use std::future::IntoFuture as _;
use std::time::{Duration, Instant};
use testkit::{Product, Shop, User};

/// Eight requests at a time: one for each connection of the pool.
#[tokio::test]
async fn five_thousand_buyers_of_a_hundred_pieces_get_a_hundred_and_every_other_is_told_at_once() {
    let shop = Shop::open().await;
    let piece = shop.product(Product { stock: 100, ..Product::any() }).await;
    // One statement instead of 5,000 set-up calls: only their orders are under test.
    let crowd = "insert into users (id, email, email_norm, password_hash, role, email_verified_at)
                 select gen_random_uuid(), 'buyer' || n || '@crowd.example', 'buyer' || n || '@crowd.example', password_hash,
                        'customer', now()
                 from users, generate_series(1, 5000) n where email = $1
                 returning id";
    let first = shop.customer().await;
    let rows = shop.admin.query(crowd, &[&first.email]).await.unwrap();
    let now = testkit::clock().now();
    let buyers: Vec<_> = rows
        .iter()
        .map(|row| {
            let id = row.get("id");
            let token = testkit::signer().issue(id, FamilyId::generate(), 0, now).unwrap();
            User { id, token, ..first.clone() }
        })
        .collect();
    let api = orders_api(&shop);

    let calls = buyers.iter().map(|buyer| {
        let call = api.post("/v1/orders", &order_body([(piece, 1)])).by(buyer);
        let call = call.key("one piece for me, please").into_future();
        async {
            let start = Instant::now();
            (call.await, start.elapsed())
        }
    });
    let responses: Vec<_> = stream::iter(calls).buffer_unordered(8).collect().await;

    let count =
        |refusal| responses.iter().filter(|(response, _)| response.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "out_of_stock"))), (100, 4900));
    let slowest = responses.iter().map(|(_, took)| *took).max().unwrap();
    assert!(slowest < Duration::from_secs(1), "the slowest response took {slowest:?}");
    assert_eq!(shop.stock(piece).await, (100, 100));
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 100);
    shop.check_invariants().await;
}
