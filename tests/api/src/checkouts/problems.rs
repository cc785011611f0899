//! What keeps a wish from becoming an order, and what its buyer should know.

use super::rules::{discount, shipping, tax};
use super::{Fixture, address, lines, problems, with};
use domain::id::{ProductId, ShippingMethodId};
use serde_json::{Value, json};
use testkit::{Product, Response};

/// The only problem of a quote.
async fn problem_of(fixture: &Fixture, body: &Value) -> (Response, [String; 3]) {
    let quote = fixture.quote(body).await;
    assert_eq!(quote.status, 200, "{}", quote.body);
    let [only] = problems(&quote)[..] else { panic!("{body}: {}", quote.body) };
    let only = only.map(str::to_owned);
    (quote, only)
}

#[tokio::test]
async fn each_product_says_why_it_cannot_be_bought() {
    let fixture = Fixture::open().await;
    let of = async |status: &'static str| {
        fixture.shop.product(Product { status, ..Product::any() }).await
    };
    let (archived, draft) = (of("archived").await, of("draft").await);
    let mug = fixture.product(1250).await;

    let (quote, empty) = problem_of(&fixture, &json!({"lines": []})).await;
    assert_eq!(empty, ["empty", "error", "/lines"]);
    assert_eq!((&quote.body["total"], &quote.body["lines"]), (&Value::Null, &json!([])));

    for (product, is_known) in [(archived, true), (draft, false), (ProductId::generate(), false)] {
        let (quote, only) = problem_of(&fixture, &lines([(product, 1)])).await;

        assert_eq!(only, ["not_for_sale", "error", "/lines/0"]);
        assert_eq!(quote.body["problems"][0]["product"], json!(product));
        let line = &quote.body["lines"][0];
        assert_eq!((line["name"].is_string(), &line["unit_price"]), (is_known, &Value::Null));
    }

    let (quote, only) = problem_of(&fixture, &lines([(mug, 11)])).await;
    assert_eq!(only, ["out_of_stock", "error", "/lines/0"]);
    let problem = &quote.body["problems"][0];
    let counts = (&problem["product"], &problem["requested"], &problem["available"]);
    assert_eq!(counts, (&json!(mug), &json!(11), &json!(10)));
    assert_eq!(quote.body["total"]["amount"], 13750, "it is priced all the same");
}

#[tokio::test]
async fn an_amount_that_cannot_be_charged_is_told_with_the_limit() {
    let fixture = Fixture::open().await;
    let (cheap, dear) = (fixture.product(49).await, fixture.product(999_999_999_999).await);
    let odd = Product { price: 1255, currency: "KWD", ..Product::any() };
    let odd = fixture.shop.product(odd).await;

    let (quote, only) = problem_of(&fixture, &lines([(cheap, 1)])).await;
    assert_eq!(only, ["total_too_small", "error", "/total"]);
    assert_eq!(quote.body["problems"][0]["least"], json!({"amount": 50, "currency": "EUR"}));
    let (quote, only) = problem_of(&fixture, &lines([(dear, 2)])).await;
    assert_eq!(only, ["total_too_large", "error", "/total"]);
    assert_eq!(
        quote.body["problems"][0]["most"],
        json!({"amount": 999_999_999_999_i64, "currency": "EUR"})
    );
    let (_, only) = problem_of(&fixture, &lines([(odd, 1)])).await;
    assert_eq!(only, ["amount_not_payable", "error", "/lines/0"]);
}

#[tokio::test]
async fn where_it_goes_and_how_must_be_known() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(1000).await;
    let parcel = shipping(&fixture.shop, &["DE"], 490).await;
    let wish = |more: Value| with(lines([(mug, 1)]), more);
    let to = |country: &str| json!({"country": country});
    for (more, code, pointer) in [
        (json!({}), "address_required", "/destination"),
        (json!({"destination": to("DE")}), "shipping_required", "/shipping_method"),
        (json!({"destination": to("FR")}), "no_shipping_there", "/destination"),
    ] {
        let (_, only) = problem_of(&fixture, &wish(more)).await;
        assert_eq!(only, [code, "error", pointer]);
    }
    let unknown = ShippingMethodId::generate();
    let gone = wish(json!({"destination": to("DE"), "shipping_method": unknown}));
    let (quote, only) = problem_of(&fixture, &gone).await;
    assert_eq!(only, ["shipping_option_gone", "error", "/shipping_method"]);
    assert_eq!(quote.body["delivery"], Value::Null);
    let chosen = wish(json!({"destination": to("DE"), "shipping_method": parcel}));
    assert_eq!(problems(&fixture.quote(&chosen).await), [[""; 3]; 0]);

    tax(&fixture.shop, "US", "NY", 88_750, false).await;
    fixture.shop.run("update shipping_methods set active = false").await;
    let (_, only) = problem_of(&fixture, &wish(json!({"destination": to("US")}))).await;
    assert_eq!(only, ["region_required", "error", "/destination/region"]);
}

#[tokio::test]
async fn a_code_without_effect_says_why_and_blocks_nothing() {
    let fixture = Fixture::open().await;
    let shop = &fixture.shop;
    let mug = fixture.product(1000).await;
    discount(shop, "ENDED", "ends_at = now() - interval '1 hour'").await;
    discount(shop, "LATER", "starts_at = now() + interval '1 hour'").await;
    discount(shop, "INACTIVE", "active = false").await;
    discount(shop, "MINIMUM", "currency = 'EUR', minimum_minor = 5000").await;
    let used_up = DISCOUNT_USED_UP;
    shop.run(used_up).await;
    for (code, expected) in [
        ("UNKNOWN", "code_not_valid"),
        ("LATER", "code_not_valid"),
        ("INACTIVE", "code_not_valid"),
        ("ENDED", "code_ended"),
        ("MINIMUM", "code_minimum"),
        ("USED-UP", "code_used_up"),
    ] {
        let body = with(lines([(mug, 1)]), json!({"discount_codes": [code]}));

        let (quote, only) = problem_of(&fixture, &body).await;

        assert_eq!(only, [expected, "warning", "/discount_codes/0"], "{code}");
        assert_eq!(quote.body["total"]["amount"], 1000);
    }
    discount(shop, "BEST", "percent_bp = 5000").await;
    let both = with(lines([(mug, 6)]), json!({"discount_codes": ["MINIMUM", "BEST"]}));
    let (quote, only) = problem_of(&fixture, &both).await;
    assert_eq!(only, ["code_not_combinable", "warning", "/discount_codes/0"]);
    assert_eq!(quote.body["total"]["amount"], 3000);
}

const DISCOUNT_USED_UP: &str =
    "insert into discounts (id, title, code, target, kind, percent_bp, max_uses, used)
     values (gen_random_uuid(), 'Gone', 'USED-UP', 'order', 'percent', 1000, 1, 1)";

#[tokio::test]
async fn a_checkout_names_each_part_of_the_address_that_is_missing() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1000).await, fixture.shop.customer().await);
    let to = |destination: Value| with(lines([(mug, 1)]), json!({"destination": destination}));

    let country = fixture.create(&buyer, &to(json!({"country": "US"}))).await;
    let whole = fixture.create(&buyer, &to(address("US"))).await;
    let nowhere = fixture.create(&buyer, &lines([(mug, 1)])).await;

    let missing = ["name", "line1", "postal_code", "city"];
    let missing = missing.map(|part| format!("/destination/{part}"));
    let mut expected: Vec<_> =
        missing.iter().map(|pointer| ["address_incomplete", "error", pointer]).collect();
    expected.push(["region_required", "error", "/destination/region"]);
    assert_eq!((problems(&country), &country.body["ready"]), (expected, &json!(false)));
    for ready in [whole, nowhere] {
        assert_eq!((problems(&ready), &ready.body["ready"]), (vec![], &json!(true)));
    }
}

#[tokio::test]
async fn nothing_is_free_for_somebody_who_has_proven_no_address() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(0).await;
    let (anybody, somebody) =
        (fixture.shop.unproven_customer().await, fixture.shop.customer().await);

    let free = fixture.create(&anybody, &lines([(mug, 1)])).await;
    let proven = fixture.create(&somebody, &lines([(mug, 1)])).await;

    assert_eq!(problems(&free), [["email_unproven", "error", "/email"]]);
    assert_eq!((problems(&proven), &proven.body["ready"]), (vec![], &json!(true)));
}
