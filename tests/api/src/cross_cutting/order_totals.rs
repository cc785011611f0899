//! The parts of an order add up to its total, as shown in the response and as stored.

use super::{order_body, orders_api};
use testkit::{Product, Shop};

/// A property test beside the pricing rule covers 10,000 orders; this one adds HTTP and the database constraints.
#[tokio::test]
async fn the_parts_of_random_orders_add_up_as_they_are_shown_and_stored() {
    let shop = Shop::open().await;
    let api = orders_api(&shop);
    let mut products = Vec::new();
    for price in [0, 1, 99, 1999, 12_345, 4_999_999] {
        products.push((
            shop.product(Product { price, stock: 1_000_000, ..Product::any() }).await,
            price,
        ));
    }
    let mut random = seeded(0x5eed);

    for number in 0..100 {
        let buyer = shop.customer().await;
        let mut lines = Vec::new();
        let mut exact = 0;
        for (product, price) in &products {
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
        let response = api.post("/v1/orders", &order_body(lines)).by(&buyer).key(&key).await;

        assert_eq!(response.status, 201, "{}", response.body);
        let part = |name: &str| response.body[name]["amount"].as_i64().unwrap();
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
pub(super) fn seeded(mut seed: u64) -> impl FnMut(u64) -> i64 {
    move |bound| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % bound).unwrap()
    }
}
