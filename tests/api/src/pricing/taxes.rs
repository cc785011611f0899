use super::{api, put, tax_germany};
use serde_json::{Value, json};
use testkit::{ApiClient, Shop, TaxRate, User};

const RATES: &str = "/v1/tax-rates";

fn in_days(days: i64) -> String {
    let at = testkit::clock().now() + time::Duration::days(days);
    at.replace_nanosecond(0)
        .unwrap()
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap()
}

/// A rate of 19 % in Germany, with what differs.
fn rate(difference: &Value) -> Value {
    let mut body = json!({"country": "DE", "rate_ppm": 190_000, "label": "MwSt"});
    for (member, value) in difference.as_object().unwrap() {
        body[member] = value.clone();
    }
    body
}

async fn added(api: &ApiClient, staff: &User, difference: &Value) -> Value {
    let answer = api.post(RATES, &rate(difference)).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_country_is_taxed_and_how_can_change() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let germany = "/v1/tax-countries/DE";
    let body = json!({"prices_include_tax": true, "shipping_rule": "follow"});
    assert_eq!(api.get(germany).by(&staff).await.refusal(), (404, "tax_country_not_found"));
    let unseen = put(&api, germany, &body).by(&staff).header("if-match", "\"v1\"").await;
    assert_eq!(unseen.refusal(), (412, "stale"));

    let new = put(&api, germany, &body).by(&staff).await;
    let same = put(&api, germany, &body).by(&staff).header("if-match", "\"v1\"").await;
    let own = json!({"prices_include_tax": false, "shipping_rule": "own"});
    let changed = put(&api, germany, &own).by(&staff).header("if-match", "\"v1\"").await;
    let stale = put(&api, germany, &body).by(&staff).header("if-match", "\"v1\"").await;

    assert_eq!((new.status, new.header("location")), (201, Some(germany)));
    assert_eq!((new.text("/country"), new.text("/shipping_rule")), ("DE", "follow"));
    assert_eq!((same.status, same.header("etag")), (200, Some("\"v1\"")));
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"v2\"")));
    assert_eq!(stale.refusal(), (412, "stale"));
    assert_eq!(api.get(germany).by(&staff).await.body, changed.body);
    let unmodified = api.get(germany).by(&staff).header("if-none-match", "\"v2\"").await;
    assert_eq!(unmodified.status, 304);
}

#[tokio::test]
async fn of_two_who_tax_a_country_at_once_one_is_first() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let body = json!({"prices_include_tax": true, "shipping_rule": "follow"});
    let calls = [1, 2, 3, 4].map(|_| put(&api, "/v1/tax-countries/FR", &body).by(&staff));

    let answers = testkit::send_all(calls).await;

    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 201]);
}

#[tokio::test]
async fn what_is_no_taxed_country_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let body = json!({"prices_include_tax": true, "shipping_rule": "follow"});
    for country in ["ZZ", "de", "Germany"] {
        let answer = put(&api, &format!("/v1/tax-countries/{country}"), &body).by(&staff).await;
        assert_eq!(answer.refusal(), (404, "not_found"), "{country}");
    }
    for body in [
        json!({"prices_include_tax": true}),
        json!({"prices_include_tax": "yes", "shipping_rule": "follow"}),
        json!({"prices_include_tax": true, "shipping_rule": "sometimes"}),
        json!({"prices_include_tax": true, "shipping_rule": "follow", "rate": 19}),
    ] {
        let answer = put(&api, "/v1/tax-countries/DE", &body).by(&staff).await;
        assert_eq!(answer.refusal(), (400, "bad_body"), "{body}");
    }
}

#[tokio::test]
async fn taxed_countries_are_listed_page_by_page() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for country in ["FR", "AT", "DE"] {
        shop.tax_country(country, true).await;
    }

    let first = api.get("/v1/tax-countries?limit=2").by(&staff).await;
    let next = format!("/v1/tax-countries?limit=2&cursor={}", first.text("/next_cursor"));
    let rest = api.get(&next).by(&staff).await;

    assert_eq!((first.text("/data/0/country"), first.text("/data/1/country")), ("AT", "DE"));
    assert_eq!((rest.text("/data/0/country"), &rest.body["has_more"]), ("FR", &json!(false)));
    let forged = api.get("/v1/tax-countries?cursor=forged").by(&staff).await;
    assert_eq!(forged.refusal(), (400, "bad_cursor"));
}

#[tokio::test]
async fn a_rate_ends_when_the_next_one_begins() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    tax_germany(&api, &staff).await;
    shop.tax_rate(TaxRate::standard("DE")).await;

    let last = added(&api, &staff, &json!({"rate_ppm": null, "valid_from": in_days(9)})).await;
    let next = added(&api, &staff, &json!({"rate_ppm": 160_000, "valid_from": in_days(5)})).await;
    let soon = added(&api, &staff, &json!({"category": "books", "rate_ppm": 70_000})).await;

    assert_eq!((&last["valid_until"], &last["rate_ppm"]), (&Value::Null, &Value::Null));
    assert_eq!(next["valid_until"], last["valid_from"]);
    assert_eq!((&next["category"], &next["component"]), (&json!("standard"), &json!("tax")));
    assert_eq!((&next["region"], &next["postal_prefix"]), (&Value::Null, &Value::Null));
    let listed = api.get(RATES).by(&staff).await.body["data"].clone();
    let until: Vec<_> = listed.as_array().unwrap().iter().map(|one| &one["valid_until"]).collect();
    assert_eq!(until, [&Value::Null, &next["valid_from"], &last["valid_from"], &Value::Null]);
    assert_eq!(listed[0], soon);
}

#[tokio::test]
async fn rates_are_listed_by_place_and_page_by_page() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    shop.tax_country("US", false).await;
    tax_germany(&api, &staff).await;
    for (region, prefix) in [("california", "90"), ("new york", "100"), ("NY", "14")] {
        let place = json!({"country": "US", "region": region, "postal_prefix": prefix, "label": "Sales tax"});
        added(&api, &staff, &place).await;
    }
    added(&api, &staff, &json!({})).await;

    let mut prefixes = Vec::new();
    let mut path = format!("{RATES}?country=US&limit=2");
    loop {
        let page = api.get(&path).by(&staff).await;
        let rates = page.body["data"].as_array().unwrap();
        prefixes
            .extend(rates.iter().map(|rate| rate["postal_prefix"].as_str().unwrap().to_owned()));
        if page.body["has_more"] == json!(false) {
            break;
        }
        path = format!("{RATES}?country=US&limit=2&cursor={}", page.text("/next_cursor"));
    }
    let of_region = api.get(&format!("{RATES}?country=US&region=New%20York")).by(&staff).await;

    assert_eq!(prefixes, ["90", "100", "14"]);
    assert_eq!(of_region.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(of_region.text("/data/0/region"), "NY");
    for query in ["limit=0", "cursor=forged", "country=Germany", "colour=blue"] {
        let answer = api.get(&format!("{RATES}?{query}")).by(&staff).await;
        assert_eq!(answer.status, 400, "{query} {}", answer.body);
    }
    let nul = api.get(&format!("{RATES}?region=%00")).by(&staff).await;
    assert_eq!(nul.refusal(), (422, "invalid_value"));
}

#[tokio::test]
async fn what_cannot_be_a_rate_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    tax_germany(&api, &staff).await;
    let long = "x".repeat(101);
    for (difference, pointer, code) in [
        (json!({"country": "ZZ"}), "/country", "unknown_country"),
        (json!({"country": "FR"}), "/country", "not_taxed"),
        (json!({"region": ""}), "/region", "empty"),
        (json!({"region": "a\0"}), "/region", "bad_character"),
        (json!({"region": long}), "/region", "too_long"),
        (json!({"postal_prefix": "-"}), "/postal_prefix", "bad_prefix"),
        (json!({"postal_prefix": "12345678901"}), "/postal_prefix", "bad_prefix"),
        (json!({"category": "Two words"}), "/category", "bad_word"),
        (json!({"component": ""}), "/component", "bad_word"),
        (json!({"rate_ppm": -1}), "/rate_ppm", "out_of_range"),
        (json!({"rate_ppm": 1_000_001}), "/rate_ppm", "out_of_range"),
        (json!({"label": " "}), "/label", "empty"),
        (json!({"label": long}), "/label", "too_long"),
        (json!({"valid_from": in_days(0)}), "/valid_from", "too_early"),
        (json!({"valid_from": "2020-01-01T00:00:00Z"}), "/valid_from", "too_early"),
    ] {
        let answer = api.post(RATES, &rate(&difference)).by(&staff).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{difference}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{difference}");
        assert_eq!(answer.text("/errors/0/code"), code, "{difference}");
    }
    for body in [
        json!({"country": "DE", "label": "MwSt"}),
        rate(&json!({"rate_ppm": 19.5})),
        rate(&json!({"valid_from": "tomorrow"})),
        rate(&json!({"rate": 19})),
    ] {
        let answer = api.post(RATES, &body).by(&staff).await;
        assert_eq!(answer.refusal(), (400, "bad_body"), "{body}");
    }
    assert_eq!(shop.one::<i64>("select count(*) from tax_rates").await, 0);
}

#[tokio::test]
async fn a_rate_is_added_once_under_its_key_and_for_its_time() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    tax_germany(&api, &staff).await;
    let body = rate(&json!({"valid_from": in_days(3)}));
    let key = "the key of this new rate";

    let first = api.post(RATES, &body).by(&staff).key(key).await;
    let again = api.post(RATES, &body).by(&staff).key(key).await;
    let other = api.post(RATES, &rate(&json!({}))).by(&staff).key(key).await;
    let taken = api.post(RATES, &body).by(&staff).await;

    assert_eq!((first.status, &first.body), (201, &again.body));
    assert_eq!(first.header("location"), Some("/v1/tax-rates?country=DE"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(taken.refusal(), (409, "tax_rate_taken"));
    assert_eq!(shop.one::<i64>("select count(*) from tax_rates").await, 1);
    let by = shop.admin.query_one("select created_by from tax_rates", &[]).await.unwrap();
    assert_eq!(by.get::<_, domain::id::UserId>(0), staff.id);
}

#[tokio::test]
async fn only_staff_read_and_write_taxes() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let api = api(&shop);
    let calls = || {
        let germany = "/v1/tax-countries/DE";
        let settings = json!({"prices_include_tax": true, "shipping_rule": "follow"});
        [
            api.get("/v1/tax-countries"),
            api.get(germany),
            put(&api, germany, &settings),
            api.get(RATES),
            api.post(RATES, &rate(&json!({}))),
        ]
    };
    for call in calls() {
        assert_eq!(call.await.refusal(), (401, "sign_in"));
    }
    for call in calls() {
        assert_eq!(call.by(&customer).await.refusal(), (403, "wrong_role"));
    }
}
