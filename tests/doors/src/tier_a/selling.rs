//! A5 and C20: totals that add up, and a sale in which nothing is sold twice.

use super::{counter, wish};
use domain::id::FamilyId;
use futures_util::{StreamExt as _, stream};
use std::future::IntoFuture as _;
use std::time::{Duration, Instant};
use testkit::{Person, Product, Shop};

/// The pure rule is tried with 10,000 orders where it stands; here it meets the doors and the constraints.
#[tokio::test]
async fn the_parts_of_random_orders_add_up_as_they_are_shown_and_stored() {
    let shop = Shop::open().await;
    let door = counter(&shop);
    let mut goods = Vec::new();
    for price in [0, 1, 99, 1999, 12_345, 4_999_999] {
        goods.push((
            shop.product(Product { price, stock: 1_000_000, ..Product::any() }).await,
            price,
        ));
    }
    let mut random = seeded(0x5eed);

    for number in 0..100 {
        let buyer = shop.customer().await;
        let mut lines = Vec::new();
        let mut exact = 0;
        for (product, price) in &goods {
            let quantity = random(20);
            if quantity > 0 {
                lines.push((*product, quantity));
                exact += quantity * price;
            }
        }
        if lines.is_empty() {
            continue;
        }
        let key = format!("order number {number:>4}");
        let answer = door.post("/v1/orders", &wish(lines)).by(&buyer).key(&key).await;

        assert_eq!(answer.status, 201, "{}", answer.body);
        let part = |name: &str| answer.body[name]["amount"].as_i64().unwrap();
        assert_eq!(part("total"), exact);
        let parts = part("subtotal") - part("discount") + part("shipping") + part("tax");
        assert_eq!(parts, exact);
    }
    let wrong = "select count(*) from orders o
                 where total_minor <> subtotal_minor - discount_minor + shipping_minor + tax_minor
                    or subtotal_minor <> (select sum(quantity * unit_minor) from order_lines l where l.order_id = o.id)";
    assert_eq!(shop.one::<i64>(wrong).await, 0);
    shop.check_invariants().await;
}

/// Pseudo-random numbers below a bound, the same in every run.
fn seeded(mut seed: u64) -> impl FnMut(u64) -> i64 {
    move |bound| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % bound).unwrap()
    }
}

/// As many at a time as there are instances with a connection each.
#[tokio::test]
async fn five_thousand_buyers_of_a_hundred_pieces_get_a_hundred_and_every_other_is_told_at_once() {
    let shop = Shop::open().await;
    let piece = shop.product(Product { stock: 100, ..Product::any() }).await;
    // Made by one statement: it is their orders that count.
    let crowd = "insert into users (id, email, email_norm, password_hash, role)
                 select gen_random_uuid(), 'buyer' || n || '@crowd.example', 'buyer' || n || '@crowd.example', password_hash, 'customer'
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
            Person { id, token, ..first.clone() }
        })
        .collect();
    let door = counter(&shop);

    let calls = buyers.iter().map(|buyer| {
        let call = door.post("/v1/orders", &wish([(piece, 1)])).by(buyer);
        let call = call.key("one piece for me, please").into_future();
        async {
            let start = Instant::now();
            (call.await, start.elapsed())
        }
    });
    let answers: Vec<_> = stream::iter(calls).buffer_unordered(8).collect().await;

    let count = |refusal| answers.iter().filter(|(answer, _)| answer.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "out_of_stock"))), (100, 4900));
    let slowest = answers.iter().map(|(_, took)| *took).max().unwrap();
    assert!(slowest < Duration::from_secs(1), "somebody waited for {slowest:?}");
    assert_eq!(shop.stock(piece).await, (100, 100));
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 100);
    shop.check_invariants().await;
}
