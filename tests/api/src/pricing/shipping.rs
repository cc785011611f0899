use super::api;
use domain::id::ShippingMethodId;
use domain::pricing::Rules;
use serde_json::{Value, json};
use testkit::{ApiClient, Shop, User};

const METHODS: &str = "/v1/shipping-methods";

/// A method that is priced by weight, with what differs.
fn parcel(difference: &Value) -> Value {
    let mut body = json!({
        "name": " Parcel ",
        "carrier": "DHL",
        "currency": "EUR",
        "basis": "weight",
        "free_from": 5000,
        "days": {"min": 1, "max": 3},
        "zones": [
            {"country": "US", "region": "new york", "postal_prefix": "100-",
             "tiers": [{"from": 31_500, "amount": null}, {"from": 0, "amount": 490}]},
            {"tiers": [{"from": 0, "amount": 1990}]},
        ],
    });
    for (member, value) in difference.as_object().unwrap() {
        body[member] = value.clone();
    }
    body
}

/// Creates a method; the path of its resource.
async fn created(api: &ApiClient, staff: &User, difference: &Value) -> String {
    let answer = api.post(METHODS, &parcel(difference)).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn a_new_method_is_answered_as_it_is_stored() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);

    let answer = api.post(METHODS, &parcel(&json!({}))).by(&staff).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    let address = format!("{METHODS}/{}", answer.text("/id"));
    assert_eq!(answer.header("location"), Some(address.as_str()));
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    assert_eq!((answer.text("/name"), answer.text("/tax_category")), ("Parcel", "standard"));
    assert_eq!((&answer.body["active"], &answer.body["position"]), (&json!(true), &json!(0)));
    let zones = json!([
        {"country": "US", "region": "NY", "postal_prefix": "100",
         "tiers": [{"from": 0, "amount": 490}, {"from": 31_500, "amount": null}]},
        {"country": null, "region": null, "postal_prefix": null, "tiers": [{"from": 0, "amount": 1990}]},
    ]);
    assert_eq!(answer.body["zones"], zones);
    let shown = api.get(&address).await;
    assert_eq!(
        (&shown.body, shown.header("cache-control")),
        (&answer.body, Some("public, max-age=30"))
    );
    let unmodified = api.get(&address).header("if-none-match", "\"v1\"").await;
    assert_eq!(unmodified.status, 304);
}

#[tokio::test]
async fn what_is_written_can_be_computed_with() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    created(&api(&shop), &staff, &json!({})).await;

    let sql =
        "select pricing_rules('US', 'NY', array['', '1', '10', '100'], '{}', 'EUR', null)::text";
    let text = shop.one::<String>(sql).await;

    serde_json::from_str::<Rules>(&text).unwrap();
    let rules: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(rules["shipping_methods"][0]["zones"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_a_method_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let zone = |difference: Value| {
        let mut zone = json!({"country": "DE", "tiers": [{"from": 0, "amount": 490}]});
        for (member, value) in difference.as_object().unwrap() {
            zone[member] = value.clone();
        }
        json!({"zones": [zone]})
    };
    let many: Vec<_> = (0..501).map(|_| zone(json!({}))["zones"][0].clone()).collect();
    for (difference, pointer, code) in [
        (json!({"name": ""}), "/name", "empty"),
        (json!({"name": "x".repeat(201)}), "/name", "too_long"),
        (json!({"carrier": "a\0"}), "/carrier", "bad_character"),
        (json!({"currency": "BGN"}), "/currency", "not_tender"),
        (json!({"free_from": 0}), "/free_from", "out_of_range"),
        (json!({"currency": "KWD", "free_from": 5001}), "/free_from", "off_step"),
        (
            json!({"currency": "KWD", "zones": [{"tiers": [{"from": 0, "amount": 495}]}]}),
            "/zones/0/tiers/0/amount",
            "off_step",
        ),
        (json!({"tax_category": "Two words"}), "/tax_category", "bad_word"),
        (json!({"days": {"min": 3, "max": 2}}), "/days", "out_of_range"),
        (json!({"days": {"min": 3, "max": 91}}), "/days", "out_of_range"),
        (json!({"zones": many}), "/zones", "too_many"),
        (zone(json!({"country": "ZZ"})), "/zones/0/country", "unknown_country"),
        (zone(json!({"country": null, "region": "NY"})), "/zones/0/country", "required"),
        (zone(json!({"postal_prefix": "-"})), "/zones/0/postal_prefix", "bad_prefix"),
        (zone(json!({"tiers": []})), "/zones/0/tiers", "out_of_range"),
        (
            zone(json!({"tiers": [{"from": -1, "amount": 0}]})),
            "/zones/0/tiers/0/from",
            "out_of_range",
        ),
        (
            zone(json!({"tiers": [{"from": 0, "amount": -1}]})),
            "/zones/0/tiers/0/amount",
            "out_of_range",
        ),
    ] {
        let answer = api.post(METHODS, &parcel(&difference)).by(&staff).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{difference} {}", answer.body);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{difference}");
        assert_eq!(answer.text("/errors/0/code"), code, "{difference}");
    }
    for difference in [
        json!({"basis": "volume"}),
        json!({"currency": "Euro"}),
        json!({"free_from": 50.5}),
        json!({"days": 3}),
        json!({"zones": [{"country": "DE"}]}),
        json!({"zones": [{"tiers": [{"from": 0}]}]}),
        json!({"price": 490}),
    ] {
        let answer = api.post(METHODS, &parcel(&difference)).by(&staff).await;
        assert_eq!(answer.refusal(), (400, "bad_body"), "{difference}");
    }
    assert_eq!(shop.one::<i64>("select count(*) from shipping_methods").await, 0);
}

#[tokio::test]
async fn a_method_is_created_once_under_its_key() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let key = "the key of this new method";

    let first = api.post(METHODS, &parcel(&json!({}))).by(&staff).key(key).await;
    let again = api.post(METHODS, &parcel(&json!({}))).by(&staff).key(key).await;
    let other = api.post(METHODS, &parcel(&json!({"position": 2}))).by(&staff).key(key).await;

    assert_eq!((first.status, &first.body), (201, &again.body));
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(shop.one::<i64>("select count(*) from shipping_methods").await, 1);
}

#[tokio::test]
async fn a_method_is_changed_as_far_as_it_is_named() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &json!({"tax_category": "transport"})).await;
    let patch = |body: Value| api.patch(&address, &body).by(&staff);

    let renamed = patch(json!({"name": "Letter"})).header("if-match", "\"v1\"").await;
    assert_eq!((renamed.text("/name"), renamed.header("etag")), ("Letter", Some("\"v2\"")));
    assert_eq!(renamed.text("/carrier"), "DHL");
    let freed = json!({"carrier": null, "free_from": null, "days": null, "tax_category": null});
    let freed = patch(freed).await;
    for member in ["carrier", "free_from", "days"] {
        assert_eq!(freed.body[member], Value::Null, "{member}");
    }
    assert_eq!(freed.text("/tax_category"), "standard");
    let zones = json!({"zones": [{"country": "DE", "tiers": [{"from": 0, "amount": 0}]}]});
    let moved = patch(zones.clone()).await;
    assert_eq!(moved.body["zones"].as_array().unwrap().len(), 1);
    let same = patch(zones).await;
    assert_eq!(same.header("etag"), Some("\"v4\""));

    let stale = patch(json!({"position": 1})).header("if-match", "\"v3\"").await;
    assert_eq!(stale.refusal(), (412, "stale"));
    for body in [
        json!({"name": null}),
        json!({"zones": null}),
        json!({"position": null}),
        json!({"active": null}),
        json!({"free_from": 0}),
        json!({"zones": [{"country": "DE", "tiers": []}]}),
    ] {
        assert_eq!(patch(body.clone()).await.refusal(), (422, "invalid_value"), "{body}");
    }
    for body in [json!({"currency": "USD"}), json!({"basis": "flat"})] {
        assert_eq!(patch(body.clone()).await.refusal(), (400, "bad_body"), "{body}");
    }
}

#[tokio::test]
async fn buyers_see_what_is_offered_by_its_position() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    for (name, position) in [("Third", 2), ("First", -1), ("Second", 2)] {
        created(&api, &staff, &json!({"name": name, "position": position})).await;
    }
    let gone = created(&api, &staff, &json!({"name": "Gone", "active": false})).await;
    shop.run("update shipping_methods set position = 1 where name = 'Second'").await;
    let names = |answer: &testkit::Response| {
        let methods = answer.body["data"].as_array().unwrap();
        methods.iter().map(|method| method["name"].clone()).collect::<Vec<_>>()
    };

    let first = api.get("/v1/shipping-methods?limit=2").await;
    let next = format!("/v1/shipping-methods?limit=2&cursor={}", first.text("/next_cursor"));
    let rest = api.get(&next).by(&customer).await;
    let all = api.get(METHODS).by(&staff).await;

    assert_eq!(names(&first), ["First", "Second"]);
    assert_eq!(first.header("cache-control"), Some("public, max-age=30"));
    assert_eq!(
        (names(&rest), rest.header("cache-control")),
        (vec![json!("Third")], Some("no-store"))
    );
    assert_eq!(names(&all), ["First", "Gone", "Second", "Third"]);
    assert_eq!(api.get(&gone).await.refusal(), (404, "shipping_method_not_found"));
    assert_eq!(api.get(&gone).by(&staff).await.status, 200);
    assert_eq!(api.get("/v1/shipping-methods?cursor=forged").await.refusal(), (400, "bad_cursor"));
}

#[tokio::test]
async fn only_staff_write_methods() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let address = created(&api, &staff, &json!({})).await;
    let nowhere = format!("{METHODS}/{}", ShippingMethodId::generate());
    let calls =
        || [api.post(METHODS, &parcel(&json!({}))), api.patch(&address, &json!({"position": 1}))];
    for call in calls() {
        assert_eq!(call.await.refusal(), (401, "sign_in"));
    }
    for call in calls() {
        assert_eq!(call.by(&customer).await.refusal(), (403, "wrong_role"));
    }
    for call in [api.get(&nowhere), api.patch(&nowhere, &json!({"position": 1}))] {
        assert_eq!(call.by(&staff).await.refusal(), (404, "shipping_method_not_found"));
    }
}
