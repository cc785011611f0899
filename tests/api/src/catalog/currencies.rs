use super::{api, created, mug, with};
use serde_json::json;
use testkit::{Product, Shop};

#[tokio::test]
async fn a_price_can_be_in_every_currency_that_stripe_charges_in() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for currency in domain::money::Currency::all() {
        let price = json!({"amount": 1000, "currency": currency});
        let body = with(mug(currency.code()), &json!({"price": price}));

        let answer = api.post("/v1/products", &body).by(&staff).await;

        if currency.is_tender() {
            assert_eq!((answer.status, &answer.body["price"]), (201, &price), "{}", answer.body);
        } else {
            assert_eq!(answer.refusal(), (422, "invalid_value"), "{currency}");
        }
    }
    for code in ["HRK", "XXX", "eur"] {
        let body = with(mug(code), &json!({"price": {"amount": 1000, "currency": code}}));
        assert_eq!(api.post("/v1/products", &body).by(&staff).await.refusal(), (400, "bad_body"));
    }
}

#[tokio::test]
async fn a_price_that_can_never_be_charged_is_refused_in_the_terms_of_its_currency() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for (minor, currency, pointer, detail) in [
        (1999, "KWD", "/price/amount", "must be a multiple of 10, which is 0.010 KWD"),
        (1999, "TND", "/price/amount", "must be a multiple of 10, which is 0.010 TND"),
        (1050, "UGX", "/price/amount", "must be a multiple of 100, which is 1.00 UGX"),
        (
            1_000_000_000_i64,
            "INR",
            "/price/amount",
            "must be between 0 and 999999999, which is 9999999.99 INR",
        ),
        (1000, "BGN", "/price/currency", "BGN is no longer legal tender"),
    ] {
        let price = json!({"price": {"amount": minor, "currency": currency}});
        let answer = api.post("/v1/products", &with(mug("A"), &price)).by(&staff).await;

        assert_eq!(answer.refusal(), (422, "invalid_value"), "{currency} {}", answer.body);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{currency}");
        assert_eq!(answer.text("/errors/0/detail"), detail, "{currency}");
    }
    let dinars = json!({"price": {"amount": 1990, "currency": "KWD"}});
    let address = created(&api, &staff, &with(mug("A"), &dinars)).await;
    let change = json!({"price": {"amount": 1995}});
    let answer = api.patch(&address, &change).by(&staff).await;
    assert_eq!(answer.refusal(), (422, "invalid_value"), "{}", answer.body);
    assert_eq!(api.get(&address).await.body["price"]["amount"], 1990);
}

#[tokio::test]
async fn a_price_from_before_the_rules_is_shown_and_its_product_can_change() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for (price, currency, can_be_mended) in [(1999, "KWD", true), (1000, "BGN", false)] {
        let old = shop.product(Product { price, currency, ..Product::any() }).await;
        let address = format!("/v1/products/{old}");
        let kept = json!({"amount": price, "currency": currency});

        let shown = api.get(&address).await;
        let listed = api.get(&format!("/v1/products?currency={currency}")).await;
        let rename = json!({"name": "Cup", "price": {"amount": price}});
        let renamed = api.patch(&address, &rename).by(&staff).await;
        let mend = json!({"price": {"amount": price + 1}});
        let mended = api.patch(&address, &mend).by(&staff).await;

        assert_eq!((&shown.body["price"], &listed.body["data"][0]["price"]), (&kept, &kept));
        assert_eq!((renamed.status, &renamed.body["price"]), (200, &kept), "{}", renamed.body);
        let expected = if can_be_mended { 200 } else { 422 };
        assert_eq!(mended.status, expected, "{}", mended.body);
    }
}
