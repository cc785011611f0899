//! `PATCH /v1/checkouts/{id}` and `PUT /v1/checkouts/{id}/lines/{product}`.

use super::{Fixture, address, cents, lines, problems, with};
use domain::id::ProductId;
use serde_json::{Value, json};
use testkit::{Product, User};

/// A checkout with two mugs at 12.50, its buyer and its product.
async fn open() -> (Fixture, User, String, ProductId) {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let more = json!({"destination": address("US"), "note": "Ring twice"});
    let checkout = fixture.checkout(&buyer, &with(lines([(mug, 2)]), more)).await;
    (fixture, buyer, checkout, mug)
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let (fixture, buyer, checkout, mug) = open().await;
    let cup = fixture.product(500).await;
    let before = fixture.show(&buyer, &checkout).await;

    let moved = json!({"destination": {"city": "Elsewhere", "phone": "+1 212 555 0100"}});
    let moved = fixture.change(&buyer, &checkout, &moved).await;

    assert_eq!((moved.status, &moved.body["version"]), (200, &json!(2)), "{}", moved.body);
    assert_eq!(moved.text("/destination/city"), "Elsewhere");
    for same in ["/lines", "/note", "/destination/name", "/total", "/id"] {
        assert_eq!(moved.body.pointer(same), before.body.pointer(same), "{same}");
    }
    let more = json!({"note": null, "destination": null, "discount_codes": ["X-1"]});
    let more = with(lines([(cup, 3)]), more);
    let replaced = fixture.change(&buyer, &checkout, &more).await;
    assert_eq!(cents(&replaced, "/total"), 1500, "lines replaces all");
    assert_eq!(
        (&replaced.body["note"], &replaced.body["destination"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(replaced.body["discount_codes"], json!(["X-1"]));
    let none = fixture.change(&buyer, &checkout, &json!({"lines": null})).await;
    assert_eq!((&none.body["lines"], &none.body["currency"]), (&json!([]), &Value::Null));
    let shown = fixture.show(&buyer, &checkout).await;
    assert_eq!((&shown.body, shown.header("etag")), (&none.body, none.header("etag")));
    assert_eq!(fixture.shop.stock(mug).await, (10, 0));
}

#[tokio::test]
async fn a_change_names_the_version_that_it_is_of() {
    let (fixture, buyer, checkout, _) = open().await;
    let note = json!({"note": "Ring once"});
    let shown = fixture.show(&buyer, &checkout).await;
    let tag = shown.header("etag").unwrap();
    let patch = |tag: &str| fixture.api.patch(&checkout, &note).by(&buyer).header("if-match", tag);

    let blind = fixture.api.patch(&checkout, &note).by(&buyer).await;
    let first = patch(tag).await;
    let second = patch(tag).await;

    assert_eq!(blind.refusal(), (428, "precondition_required"));
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(second.refusal(), (412, "stale"));
    // Of a tag, only the version counts: a price may have changed meanwhile.
    assert_eq!(patch("\"v2-of another bill\"").await.status, 200);
}

#[tokio::test]
async fn a_change_without_effect_makes_no_version() {
    let (fixture, buyer, checkout, mug) = open().await;
    let before = fixture.shop.snapshot().await;

    for same in [json!({}), lines([(mug, 2)]), json!({"note": "Ring twice", "discount_codes": []})]
    {
        let same = fixture.change(&buyer, &checkout, &same).await;
        assert_eq!((same.status, &same.body["version"]), (200, &json!(1)));
    }
    assert_eq!(fixture.set_line(&buyer, &checkout, mug, 2).await.status, 200);

    assert_eq!(fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn a_line_is_set_added_and_taken_out() {
    let (fixture, buyer, checkout, mug) = open().await;
    let cup = fixture.product(500).await;
    let totals = async |product, quantity| {
        let set = fixture.set_line(&buyer, &checkout, product, quantity).await;
        assert_eq!(set.status, 200, "{}", set.body);
        cents(&set, "/subtotal")
    };

    assert_eq!(totals(mug, 3).await, 3750);
    assert_eq!(totals(cup, 2).await, 4750);
    assert_eq!(totals(cup, 2).await, 4750, "the same again");
    assert_eq!(totals(mug, 0).await, 1000);
    assert_eq!(totals(mug, 0).await, 1000, "the same again");
    for quantity in [-1, 1001] {
        let refused = fixture.set_line(&buyer, &checkout, mug, quantity).await;
        assert_eq!(refused.body["errors"][0]["pointer"], "/quantity", "{}", refused.body);
    }
    let unknown = fixture.set_line(&buyer, &checkout, ProductId::generate(), 1).await;
    assert_eq!(unknown.refusal(), (422, "not_for_sale"));
    assert_eq!(fixture.show(&buyer, &checkout).await.body["version"], 4);
}

#[tokio::test]
async fn a_price_that_has_changed_is_told_until_the_next_write() {
    let (fixture, buyer, checkout, mug) = open().await;
    let before = fixture.show(&buyer, &checkout).await;
    fixture.shop.run("update products set price_minor = 1300").await;

    let raised = fixture.show(&buyer, &checkout).await;

    assert_eq!(problems(&raised), [["price_changed", "info", "/lines/0"]]);
    let euros = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let problem = &raised.body["problems"][0];
    let told = (&problem["product"], &problem["from"], &problem["to"]);
    assert_eq!(told, (&json!(mug), &euros(1250), &euros(1300)));
    assert_eq!((cents(&raised, "/total"), &raised.body["ready"]), (2600, &json!(true)));
    assert_eq!(raised.body["version"], before.body["version"]);
    assert_ne!(raised.header("etag"), before.header("etag"));

    let written = fixture.change(&buyer, &checkout, &json!({"note": "Fine"})).await;
    assert_eq!(problems(&written), [["price_changed", "info", "/lines/0"]], "told once more");
    assert_eq!(problems(&fixture.show(&buyer, &checkout).await), [[""; 3]; 0]);
}

#[tokio::test]
async fn a_product_that_is_archived_stays_until_it_is_taken_out() {
    let (fixture, buyer, checkout, mug) = open().await;
    let cup = fixture.product(500).await;
    fixture.shop.run("update products set status = 'archived' where price_minor = 1250").await;

    let changed = fixture.set_line(&buyer, &checkout, cup, 1).await;

    assert_eq!(problems(&changed), [["not_for_sale", "error", "/lines/0"]]);
    assert_eq!((cents(&changed, "/total"), &changed.body["ready"]), (500, &json!(false)));
    let rest = fixture.set_line(&buyer, &checkout, mug, 0).await;
    assert_eq!(rest.body["ready"], true);
    let dollars = fixture.shop.product(Product { currency: "USD", ..Product::any() }).await;
    let mixed = fixture.set_line(&buyer, &checkout, dollars, 1).await;
    assert_eq!(mixed.refusal(), (422, "mixed_currencies"));
}

#[tokio::test]
async fn a_checkout_of_somebody_else_is_none() {
    let (fixture, _, checkout, mug) = open().await;
    let (other, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let before = fixture.shop.snapshot().await;
    let missing = "/v1/checkouts/chk_0193f2a7c1d87b3e9a5f4c2d1e0b9a87";
    for (who, path) in [(&other, &*checkout), (&staff, &*checkout), (&other, missing)] {
        for refused in [
            fixture.change(who, path, &json!({"note": "mine"})).await,
            fixture.set_line(who, path, mug, 1).await,
            fixture.cancel(who, path).await,
        ] {
            assert_eq!(refused.refusal(), (404, "checkout_not_found"));
        }
    }
    assert_eq!(fixture.show(&other, &checkout).await.refusal(), (404, "checkout_not_found"));
    assert_eq!(fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn a_checkout_that_is_over_does_not_change() {
    let (fixture, buyer, checkout, mug) = open().await;
    let changes = async || {
        [
            fixture.change(&buyer, &checkout, &json!({"note": "later"})).await,
            fixture.set_line(&buyer, &checkout, mug, 1).await,
        ]
    };

    fixture.shop.run("update checkouts set expires_at = now()").await;
    for refused in changes().await {
        assert_eq!(refused.refusal(), (409, "checkout_over"));
        assert_eq!(refused.body["checkout_status"], "expired");
    }
    fixture.shop.run("update checkouts set expires_at = now() + interval '1 day'").await;
    let order = fixture.shop.order(&buyer, testkit::Order { product: mug, quantity: 1 }).await;
    fixture
        .shop
        .run("update checkouts set status = 'completed', is_current = false, order_id = (select id from orders)")
        .await;
    for refused in changes().await {
        assert_eq!(refused.refusal(), (409, "checkout_completed"));
        assert_eq!(refused.body["order"], json!(order));
    }
    let shown = fixture.show(&buyer, &checkout).await;
    assert_eq!((shown.text("/status"), shown.text("/order")), ("completed", &*order.to_string()));
    assert_eq!(fixture.cancel(&buyer, &checkout).await.refusal(), (409, "checkout_completed"));
}
