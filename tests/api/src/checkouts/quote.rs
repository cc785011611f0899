//! `POST /v1/quotes`: what something costs.

use super::rules::{discount, exempt, home, shipping, tax};
use super::{Fixture, cents, lines, problems, with};
use domain::id::ProductId;
use serde_json::{Value, json};
use testkit::{Product, send_all};

#[tokio::test]
async fn a_quote_prices_products_for_anybody_and_keeps_nothing() {
    let fixture = Fixture::open().await;
    let (mug, cup) = (fixture.product(1250).await, fixture.product(500).await);
    let before = fixture.shop.snapshot().await;

    let quote = fixture.quote(&lines([(mug, 2), (cup, 1), (mug, 1)])).await;

    assert_eq!(quote.status, 200, "{}", quote.body);
    let sums = ["subtotal", "discount", "shipping", "tax", "tax_included", "total"];
    let sums = sums.map(|sum| cents(&quote, &format!("/{sum}")));
    assert_eq!(sums, [4250, 0, 0, 0, 0, 4250]);
    assert_eq!(quote.body["lines"][0]["product"], json!(mug));
    assert_eq!((cents(&quote, "/lines/0/total"), cents(&quote, "/lines/1/paid")), (3750, 500));
    assert_eq!(quote.body["estimated"], false);
    assert_eq!(problems(&quote), [[""; 3]; 0]);
    assert_eq!(fixture.shop.snapshot().await, before);

    let buyer = fixture.shop.customer().await;
    let same = fixture.quote(&lines([(mug, 3), (cup, 1)])).by(&buyer).await;
    assert_eq!(same.body, quote.body);
    let forged = fixture.quote(&lines([(mug, 1)])).header("authorization", "Bearer x.y.z").await;
    assert_eq!(forged.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn a_quote_has_every_part_of_the_sum() {
    let fixture = Fixture::open().await;
    let shop = &fixture.shop;
    let mug = fixture.product(5000).await;
    tax(shop, "DE", "", 190_000, true).await;
    let (parcel, _) = (shipping(shop, &["DE"], 490).await, shipping(shop, &["DE", ""], 990).await);
    discount(shop, "WELCOME", "").await;
    let wish = json!({
        "destination": {"country": "DE", "postal_code": "10115"}, "shipping_method": parcel,
        "discount_codes": ["welcome"],
    });

    let quote = fixture.quote(&with(lines([(mug, 2)]), wish)).await;

    assert_eq!(problems(&quote), [[""; 3]; 0], "{}", quote.body);
    let sums = ["subtotal", "discount", "shipping", "tax", "tax_included", "total"];
    let sums = sums.map(|sum| cents(&quote, &format!("/{sum}")));
    assert_eq!(sums, [10000, 1000, 490, 0, 1515, 9490]);
    let prices = ["/shipping_options/0/price", "/shipping_options/1/price", "/delivery/paid"];
    assert_eq!(prices.map(|price| cents(&quote, price)), [490, 990, 490]);
    assert_eq!(quote.body["delivery"]["method"], json!(parcel));
    assert_eq!(quote.text("/discounts/0/code"), "WELCOME");
    assert_eq!(cents(&quote, "/discounts/0/lines/0/amount"), 1000);
    assert_eq!((quote.text("/taxes/0/rate"), cents(&quote, "/taxes/0/base")), ("19 %", 9490));
}

#[tokio::test]
async fn without_a_destination_the_price_is_an_estimate_for_the_home_country() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(1000).await;
    tax(&fixture.shop, "DE", "", 190_000, false).await;
    home(&fixture.shop, "DE").await;

    let guessed = fixture.quote(&lines([(mug, 1)])).await;
    let elsewhere = json!({"destination": {"country": "FR"}});
    let known = fixture.quote(&with(lines([(mug, 1)]), elsewhere)).await;

    assert_eq!((cents(&guessed, "/total"), &guessed.body["estimated"]), (1190, &json!(true)));
    assert_eq!(problems(&guessed), [["address_required", "error", "/destination"]]);
    assert_eq!((cents(&known, "/total"), &known.body["estimated"]), (1000, &json!(false)));
}

#[tokio::test]
async fn discounts_and_exemptions_are_those_of_the_account() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(1000).await;
    let (exempted, other) = (fixture.shop.customer().await, fixture.shop.customer().await);
    tax(&fixture.shop, "DE", "", 190_000, false).await;
    exempt(&fixture.shop, exempted.id, "DE").await;
    let wish = with(lines([(mug, 1)]), json!({"destination": {"country": "DE"}}));

    let untaxed = fixture.quote(&wish).by(&exempted).await;
    let taxed = fixture.quote(&wish).by(&other).await;
    let stranger = fixture.quote(&wish).await;

    assert_eq!(problems(&untaxed), [["tax_exempt", "info", "/taxes"]]);
    let totals = [&untaxed, &taxed, &stranger].map(|quote| cents(quote, "/total"));
    assert_eq!(totals, [1000, 1190, 1190]);
}

#[tokio::test]
async fn codes_are_not_guessed_for_free() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(1000).await;
    let guess = with(lines([(mug, 1)]), json!({"discount_codes": ["GUESSED"]}));
    let from = |source| fixture.quote(&guess).sent_from(source);

    let guessed = send_all((0..31).map(|_| from("203.0.113.7"))).await;

    let refused: Vec<_> = guessed.iter().filter(|quote| quote.status == 429).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refusal(), (429, "too_many_requests"));
    assert!(refused[0].header("retry-after").is_some() && refused[0].header("ratelimit").is_some());
    assert_eq!(from("203.0.113.8").await.status, 200);
    let without = fixture.quote(&lines([(mug, 1)])).sent_from("203.0.113.7").await;
    assert_eq!((without.status, without.header("ratelimit")), (200, None));
}

#[tokio::test]
async fn what_cannot_be_a_wish_is_refused_where_it_stands() {
    let fixture = Fixture::open().await;
    let mug = fixture.product(1000).await;
    let dollars = Product { currency: "USD", ..Product::any() };
    let dollars = fixture.shop.product(dollars).await;
    let many: Vec<_> =
        (0..101).map(|_| json!({"product": ProductId::generate(), "quantity": 1})).collect();
    let wish = |more: Value| with(lines([(mug, 1)]), more);
    for (body, pointer, code) in [
        (lines([(mug, 0)]), "/lines/0/quantity", "out_of_range"),
        (lines([(mug, 1), (mug, 1000)]), "/lines/1/quantity", "out_of_range"),
        (json!({"lines": many}), "/lines", "too_many_lines"),
        (
            wish(json!({"destination": {"country": "XX"}})),
            "/destination/country",
            "unknown_country",
        ),
        (
            wish(json!({"destination": {"country": "DE", "line1": "4242 4242 4242 4242"}})),
            "/destination/line1",
            "looks_like_a_card",
        ),
        (
            wish(json!({"destination": {"country": "DE", "phone": "call me"}})),
            "/destination/phone",
            "bad_phone",
        ),
        (wish(json!({"discount_codes": ["A", " "]})), "/discount_codes/1", "not_a_code"),
        (wish(json!({"discount_codes": vec!["A"; 6]})), "/discount_codes", "too_many"),
    ] {
        let refused = fixture.quote(&body).await;

        assert_eq!(refused.refusal(), (422, "invalid_value"), "{body}");
        let error = &refused.body["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    let mixed = fixture.quote(&lines([(mug, 1), (dollars, 1)])).await;
    assert_eq!(mixed.refusal(), (422, "mixed_currencies"));
    let priced = json!({"lines": [{"product": mug, "quantity": 1, "price": 1}]});
    assert_eq!(fixture.quote(&priced).await.refusal(), (400, "bad_body"));
}
