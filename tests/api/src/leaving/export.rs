//! How an export is divided.

use super::Fixture;
use serde_json::json;
use std::collections::BTreeSet;
use testkit::{Discount, Order, Product, Response, TaxRate};

fn ids(response: &Response) -> Vec<String> {
    let orders = response.body["orders"].as_array().unwrap().iter();
    orders.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_export_in_parts_has_each_order_once() {
    let fixture = Fixture::open().await;
    let ann = fixture.shop.customer().await;
    let product = fixture.shop.product(Product { stock: 100, ..Product::any() }).await;
    let mut placed = BTreeSet::new();
    for _ in 0..25 {
        let order = fixture.shop.cancelled_order(&ann, Order { product, quantity: 1 }).await;
        placed.insert(order.to_string());
    }

    let first = fixture.export(&ann, "").await;
    let cursor = first.text("/next_cursor");
    let second = fixture.export(&ann, &format!("?cursor={cursor}")).await;

    assert_eq!((ids(&first).len(), ids(&second).len()), (20, 5));
    let seen: BTreeSet<_> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!(seen, placed);
    assert_eq!(second.body["account"], first.body["account"]);
    assert_eq!(second.body["next_cursor"], json!(null));
    assert_eq!(fixture.export(&ann, "?cursor=x").await.refusal(), (400, "bad_cursor"));
}

#[tokio::test]
async fn an_export_shows_what_orders_cost_as_the_orders_themselves_do() {
    let fixture = Fixture::open().await;
    let (shop, ann) = (&fixture.shop, fixture.shop.customer().await);
    shop.tax_country("DE", true).await;
    shop.tax_rate(TaxRate::standard("DE")).await;
    let tiers = json!([{"from": 0, "price_minor": 490}]);
    let zone = json!({"country": "DE", "region": "", "postal_prefix": "", "tiers": tiers});
    let parcel = shop.shipping_method("EUR", "flat", &json!([zone])).await;
    shop.discount(Discount { combines: true, ..Discount::any() }).await;
    let half = Discount {
        code: None,
        target: "shipping",
        percent_bp: 5000,
        combines: true,
        ..Discount::any()
    };
    shop.discount(half).await;
    let berlin = json!({"name": "Ann", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"});
    let bought = json!({
        "shipping_address": berlin, "shipping_method": parcel, "discount_codes": ["WELCOME"],
        "expected_total": {"amount": 2044, "currency": "EUR"},
    });
    let placed = fixture.place(&ann, "a key of an order with parts", bought).await;
    assert_eq!(placed.status, 201, "{}", placed.body);

    let export = fixture.export(&ann, "").await;

    let shown = fixture.orders.get(&format!("/v1/orders/{}", placed.text("/id"))).by(&ann).await;
    let exported = &export.body["orders"][0];
    for part in [
        "lines",
        "subtotal",
        "discount",
        "shipping",
        "tax",
        "tax_included",
        "total",
        "discounts",
        "taxes",
        "shipping_method",
    ] {
        assert!(!shown.body[part].is_null(), "{part}: {}", shown.body);
        assert_eq!(exported[part], shown.body[part], "{part}");
    }
    let targets: Vec<_> =
        exported["discounts"].as_array().unwrap().iter().map(|one| &one["target"]).collect();
    assert_eq!(targets, ["order", "shipping"]);
    assert_eq!(exported["taxes"][0]["rate"], "19 %");
}

#[tokio::test]
async fn a_part_that_would_be_too_large_for_lambda_has_fewer_orders() {
    let fixture = Fixture::open().await;
    let ann = fixture.shop.customer().await;
    let product = fixture.shop.product(Product { stock: 100, ..Product::any() }).await;
    for _ in 0..20 {
        fixture.shop.cancelled_order(&ann, Order { product, quantity: 1 }).await;
    }
    let refunds = "with payment as (
                       insert into payments (id, order_id, currency, amount_minor, status, provider_pi)
                       select gen_random_uuid(), id, 'EUR', 1250, 'canceled', 'pi_' || id from orders returning id
                   )
                   insert into refunds (id, payment_id, amount_minor, status, origin, reason)
                   select gen_random_uuid(), id, 1, 'failed', 'api', repeat('\"', 500) from payment, generate_series(1, 400)";
    fixture.shop.run(refunds).await;
    // As each edit writes them.
    let edits = "insert into order_changes (order_id, version, what, actor)
                 select id, 1000 + n, 'edited', user_id from orders, generate_series(1, 1500) n";
    fixture.shop.run(edits).await;

    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let part = fixture.export(&ann, &query).await;
        let in_lambda = serde_json::to_string(str::from_utf8(&part.bytes).unwrap()).unwrap().len();
        assert!(in_lambda < 6_200_000, "{in_lambda} bytes");
        assert_eq!(part.body["orders"][0]["events"].as_array().unwrap().len(), 1000);
        seen.extend(ids(&part));
        let Some(next) = part.body["next_cursor"].as_str() else { break };
        query = format!("?cursor={next}");
    }
    let once: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), once.len()), (20, 20));
}
