//! A checkout becomes an order.

use super::rules::shipping;
use super::{Fixture, address, cents, lines, path, problems, with};
use domain::id::ShippingMethodId;
use serde_json::{Value, json};
use testkit::{Discount, Product, Response, TaxRate};

/// The members that a bill and an order have in common.
fn sums(body: &Value) -> Vec<&Value> {
    let parts =
        ["subtotal", "discount", "shipping", "tax", "tax_included", "total", "taxes"].iter();
    parts.map(|part| &body[part]).collect()
}

/// What the response to a refused completion says of the checkout.
fn bill(refused: &Response) -> Response {
    Response { body: refused.body["bill"].clone(), ..refused.clone() }
}

#[tokio::test]
async fn a_checkout_becomes_the_order_that_was_shown() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(2500).await, fixture.shop.customer().await);
    fixture.shop.tax_country("DE", true).await;
    fixture.shop.tax_rate(TaxRate::standard("DE")).await;
    let parcel = shipping(&fixture.shop, &["DE"], 490).await;
    fixture.shop.discount(Discount::any()).await;
    let wish = json!({
        "destination": address("DE"), "shipping_method": parcel, "discount_codes": ["welcome"],
        "note": "Ring twice",
    });
    let shown = fixture.create(&buyer, &with(lines([(mug, 2)]), wish)).await;
    assert_eq!((&shown.body["ready"], cents(&shown, "/total")), (&json!(true), 4990));
    let checkout = path(&shown);
    let read = fixture.show(&buyer, &checkout).await;
    let etag = read.header("etag").unwrap();

    let call = fixture.complete_as_seen(&buyer, &checkout, etag, 4990);
    let placed = call.key("the key of this order").await;

    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(sums(&placed.body), sums(&shown.body));
    assert_eq!(placed.body["shipping_method"]["method"], json!(parcel));
    assert_eq!(placed.body["shipping_address"]["postal_code"], "10115");
    assert_eq!(placed.body["note"], "Ring twice");
    assert_eq!(placed.body["discounts"][0]["code"], "WELCOME");
    let order = format!("/v1/orders/{}", placed.text("/id"));
    assert_eq!(placed.header("location"), Some(&order[..]));
    assert_eq!(fixture.orders.get(&order).by(&buyer).await.body, placed.body);
    assert_eq!(fixture.shop.stock(mug).await, (10, 2));

    let over = fixture.show(&buyer, &checkout).await;
    assert_eq!((over.text("/status"), over.text("/order")), ("completed", placed.text("/id")));
    assert_eq!((&over.body["ready"], &over.body["version"]), (&json!(false), &json!(2)));
    let current = fixture.api.get("/v1/me/checkout").by(&buyer).await;
    assert_eq!(current.refusal(), (404, "no_checkout"));
    for refused in [
        fixture.change(&buyer, &checkout, &json!({"note": null})).await,
        fixture.set_line(&buyer, &checkout, mug, 1).await,
        fixture.cancel(&buyer, &checkout).await,
    ] {
        assert_eq!(refused.refusal(), (409, "checkout_completed"));
        assert_eq!(refused.body["order"], placed.body["id"]);
    }
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_completion_that_is_sent_again_answers_with_its_order() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let complete = || fixture.complete_as_seen(&buyer, &checkout, "\"v1\"", 1250);

    let first = complete().key("the key of this order").await;
    let again = complete().key("the key of this order").await;
    // Neither its version nor its total is what it was, and both no longer matter.
    fixture.shop.run("update products set price_minor = 9900").await;
    let other = complete().key("another key, later").await;
    let cancel = format!("/v1/orders/{}/cancel", first.text("/id"));
    let cancelled = fixture.orders.post(&cancel, &json!({})).by(&buyer).key(&cancel).await;
    let later = complete().key("a third key, much later").await;

    assert_eq!((first.status, again.status, &again.bytes), (201, 201, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((other.status, &other.body), (200, &first.body));
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!((later.status, later.text("/status")), (200, "cancelled"));
    assert_eq!(fixture.orders_count().await, 1);
    let reused = fixture.complete_as_seen(&buyer, &checkout, "*", 1).key("another key, later");
    assert_eq!(reused.await.refusal(), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn what_keeps_a_checkout_from_becoming_an_order_is_told_and_nothing_is_written() {
    let fixture = Fixture::open().await;
    let (mug, cheap) = (fixture.product(1250).await, fixture.product(10).await);
    let dear = fixture.product(999_999_999_999).await;
    let tea = fixture.shop.product(Product { price: 300, ..Product::any() }).await;
    let buyer = fixture.shop.customer().await;
    let parcel = shipping(&fixture.shop, &["DE", "US"], 490).await;
    let gone = ShippingMethodId::generate();
    let wish = |product, destination: Value, method| {
        let wish = json!({"destination": destination, "shipping_method": method});
        with(lines([(product, 1)]), wish)
    };
    let nameless = with(address("DE"), json!({"name": null, "line1": null}));
    let nowhere = with(address("US"), json!({"region": null}));
    let cases = [
        (lines([]), "empty", "/lines"),
        (lines([(mug, 1)]), "address_required", "/destination"),
        (wish(mug, nameless, Some(parcel)), "address_incomplete", "/destination/name"),
        (wish(mug, nowhere, Some(parcel)), "region_required", "/destination/region"),
        (wish(mug, address("FR"), None), "no_shipping_there", "/destination"),
        (wish(mug, address("DE"), None), "shipping_required", "/shipping_method"),
        (wish(mug, address("DE"), Some(gone)), "shipping_option_gone", "/shipping_method"),
        (wish(tea, address("DE"), Some(parcel)), "not_for_sale", "/lines/0"),
        (wish(dear, address("DE"), Some(parcel)), "total_too_large", "/total"),
    ];
    let mut checkouts = Vec::new();
    for (body, code, pointer) in cases {
        checkouts.push((fixture.checkout(&buyer, &body).await, code, pointer));
    }
    fixture.shop.run("update products set status = 'archived' where price_minor = 300").await;
    let before = fixture.shop.snapshot().await;
    for (checkout, code, pointer) in checkouts {
        let refused = fixture.complete(&buyer, &checkout, 1740).await;

        assert_eq!(refused.refusal(), (409, "checkout_not_ready"), "{code}: {}", refused.body);
        let first = problems(&bill(&refused))[0].map(str::to_owned);
        assert_eq!(first, [code, "error", pointer]);
        let shown = fixture.show(&buyer, &checkout).await;
        assert_eq!(refused.body["bill"]["problems"], shown.body["problems"]);
    }
    assert_eq!(fixture.shop.snapshot().await, before);

    fixture.shop.run("update shipping_methods set active = false").await;
    let small = fixture.checkout(&buyer, &lines([(cheap, 1)])).await;
    let refused = fixture.complete(&buyer, &small, 10).await;
    assert_eq!(refused.refusal(), (409, "checkout_not_ready"));
    assert_eq!(problems(&bill(&refused)), [["total_too_small", "error", "/total"]]);
}

#[tokio::test]
async fn another_total_than_was_shown_is_told_with_its_bill_and_can_be_agreed_to() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 2)])).await;
    fixture.shop.run("update products set price_minor = 1100").await;
    let before = fixture.shop.snapshot().await;

    let refused = fixture.complete(&buyer, &checkout, 2000).await;

    assert_eq!(refused.refusal(), (409, "total_changed"), "{}", refused.body);
    assert_eq!(cents(&refused, "/total"), 2200);
    assert_eq!(
        (cents(&refused, "/bill/total"), cents(&refused, "/bill/lines/0/unit_price")),
        (2200, 1100)
    );
    assert_eq!(fixture.shop.snapshot().await, before);
    let other_currency = json!({"expected_total": {"amount": 2200, "currency": "USD"}});
    let dollars = fixture.orders.post(&format!("{checkout}/complete"), &other_currency);
    let dollars = dollars.by(&buyer).header("if-match", "*").key("a total in dollars").await;
    assert_eq!(dollars.refusal(), (409, "total_changed"));
    assert_eq!(fixture.complete(&buyer, &checkout, 2200).await.status, 201);
}

#[tokio::test]
async fn too_little_stock_is_told_by_product_and_the_checkout_stays() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 11)])).await;

    let refused = fixture.complete(&buyer, &checkout, 11_000).await;

    assert_eq!(refused.refusal(), (409, "out_of_stock"));
    assert_eq!(
        (&refused.body["lines"][0]["requested"], &refused.body["lines"][0]["available"]),
        (&json!(11), &json!(10))
    );
    assert_eq!(fixture.set_line(&buyer, &checkout, mug, 10).await.status, 200);
    assert_eq!(fixture.complete(&buyer, &checkout, 10_000).await.status, 201);
}

#[tokio::test]
async fn who_completes_must_own_it_and_have_seen_it() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(1000).await;
    let (buyer, other) = (fixture.shop.customer().await, fixture.shop.customer().await);
    let staff = fixture.shop.staff().await;
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let before = fixture.shop.snapshot().await;
    let complete = |etag| fixture.complete_as_seen(&buyer, &checkout, etag, 1000);
    let key = "the key of this order";

    for stranger in [&other, &staff] {
        let refused = fixture.complete(stranger, &checkout, 1000).await;
        assert_eq!(refused.refusal(), (404, "checkout_not_found"));
    }
    let unknown = "/v1/checkouts/chk_0193f2a7c1d87b3e9a5f4c2d1e0b9a87";
    let unknown = fixture.complete(&buyer, unknown, 1000).await;
    assert_eq!(unknown.refusal(), (404, "checkout_not_found"));
    assert_eq!(complete("\"v2\"").key(key).await.refusal(), (412, "stale"));
    assert_eq!(complete("\"v1\"").await.refusal(), (400, "idempotency_key_required"));
    let total = json!({"expected_total": {"amount": 1000, "currency": "EUR"}});
    let unseen = fixture.orders.post(&format!("{checkout}/complete"), &total);
    assert_eq!(unseen.by(&buyer).key(key).await.refusal(), (428, "precondition_required"));
    let no_total = fixture.orders.post(&format!("{checkout}/complete"), &json!({}));
    let no_total = no_total.by(&buyer).header("if-match", "*").key(key).await;
    assert_eq!(no_total.refusal(), (400, "bad_body"));
    assert_eq!(fixture.shop.snapshot().await, before);
    assert_eq!(complete("\"v2\", \"v1\"").key(key).await.status, 201);
}

#[tokio::test]
async fn a_checkout_that_is_over_becomes_no_order() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let cancelled = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    fixture.cancel(&buyer, &cancelled).await;
    let expired = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    fixture.shop.run("update checkouts set expires_at = now() where status = 'open'").await;

    for (checkout, status) in [(cancelled, "cancelled"), (expired, "expired")] {
        let refused = fixture.complete(&buyer, &checkout, 1000).await;

        assert_eq!(refused.refusal(), (409, "checkout_over"));
        assert_eq!(refused.body["checkout_status"], status);
    }
    assert_eq!((fixture.orders_count().await, fixture.shop.stock(mug).await), (0, (10, 0)));
}

#[tokio::test]
async fn who_has_proven_no_address_is_limited_as_with_orders() {
    let fixture = Fixture::open().await;
    let (mug, free) = (fixture.product(1000).await, fixture.product(0).await);
    let buyer = fixture.shop.unproven_customer().await;
    fixture.shop.run("update products set on_hand = 100").await;
    let checkout =
        async |product, quantity| fixture.checkout(&buyer, &lines([(product, quantity)])).await;

    let gift = fixture.complete(&buyer, &checkout(free, 1).await, 0).await;
    assert_eq!(gift.refusal(), (409, "checkout_not_ready"));
    assert_eq!(problems(&bill(&gift)), [["email_unproven", "error", "/email"]]);
    let many = fixture.complete(&buyer, &checkout(mug, 21).await, 21_000).await;
    assert_eq!(many.refusal(), (409, "too_many_unpaid_pieces"));
    for _ in 0..2 {
        assert_eq!(fixture.complete(&buyer, &checkout(mug, 1).await, 1000).await.status, 201);
    }
    let third = checkout(mug, 1).await;
    assert_eq!(fixture.complete(&buyer, &third, 1000).await.refusal(), (409, "too_many_unpaid"));
    assert_eq!(fixture.show(&buyer, &third).await.text("/status"), "open");
}
