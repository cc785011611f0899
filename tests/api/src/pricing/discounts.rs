//! `/v1/discounts`.

use domain::id::{CategoryId, DiscountId, ProductId};
use serde_json::{Value, json};
use std::future::IntoFuture as _;
use testkit::{ApiClient, Category, Order, Product, Response, Shop, User};

fn api(shop: &Shop) -> ApiClient {
    ApiClient::new(catalog::routes(), shop.app())
}

/// A valid body for `POST /v1/discounts`.
fn welcome() -> Value {
    json!({"title": "Welcome", "code": "WELCOME", "target": "order", "percent_bp": 1000})
}

/// `welcome()` with the members of `difference` replaced or added.
fn with(difference: &Value) -> Value {
    let mut body = welcome();
    for (field, value) in difference.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// The path of a new discount.
async fn created(api: &ApiClient, staff: &User, body: &Value) -> String {
    let answer = api.post("/v1/discounts", body).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.header("location").unwrap().to_owned()
}

/// The value of one field in every item of a list.
fn each<'a>(answer: &'a Response, field: &str) -> Vec<&'a Value> {
    let items = answer.body["data"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    items.iter().map(|item| &item[field]).collect()
}

#[tokio::test]
async fn a_new_discount_is_answered_with_its_address_and_tag() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let mug = shop.product(Product::any()).await;
    let cups = shop.category(Category::any()).await;
    let body = json!({
        "title": " Mugs and cups ", "code": " mugs-26 ", "target": "products", "products": [mug, mug], "categories": [cups],
        "amount": {"amount": 500, "currency": "EUR"}, "minimum": {"amount": 2000, "currency": "EUR"},
        "starts_at": "2026-12-01T00:00:00+01:00", "ends_at": "2027-01-01T00:00:00Z", "max_uses": 100, "max_per_buyer": 1,
        "combines": true, "priority": 7, "active": false,
    });

    let answer = api.post("/v1/discounts", &body).by(&staff).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    let address = format!("/v1/discounts/{}", answer.text("/id"));
    assert_eq!(answer.header("location"), Some(address.as_str()));
    assert_eq!(answer.header("etag"), Some("\"v1-0\""));
    let mut shown = answer.body.clone();
    for made in ["id", "created_at", "updated_at"] {
        assert!(shown.as_object_mut().unwrap().remove(made).is_some(), "{made}");
    }
    assert_eq!(
        shown,
        json!({
            "title": "Mugs and cups", "code": "MUGS-26", "target": "products", "products": [mug], "categories": [cups],
            "percent_bp": null, "amount": {"amount": 500, "currency": "EUR"},
            "minimum": {"amount": 2000, "currency": "EUR"}, "starts_at": "2026-11-30T23:00:00Z",
            "ends_at": "2027-01-01T00:00:00Z", "max_uses": 100, "used": 0, "max_per_buyer": 1, "combines": true,
            "priority": 7, "active": false,
        })
    );
    assert_eq!(api.get(&address).by(&staff).await.body, answer.body);
    let unmodified = api.get(&address).by(&staff).header("if-none-match", "\"v1-0\"").await;
    assert_eq!(unmodified.status, 304);
}

#[tokio::test]
async fn a_discount_applies_at_once_to_everybody_unless_it_says_otherwise() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let body = json!({"title": "Sale", "target": "shipping", "percent_bp": 10_000});

    let sale = api(&shop).post("/v1/discounts", &body).by(&staff).await;

    for open in ["code", "minimum", "starts_at", "ends_at", "max_uses", "used", "max_per_buyer"] {
        assert_eq!(sale.body[open], Value::Null, "{open}");
    }
    assert_eq!((&sale.body["combines"], &sale.body["active"]), (&json!(false), &json!(true)));
    assert_eq!((&sale.body["priority"], &sale.body["products"]), (&json!(100), &json!([])));
}

#[tokio::test]
async fn what_cannot_be_a_discount_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let euros = |minor: i64| json!({"amount": minor, "currency": "EUR"});
    let fixed = |amount: Value| json!({"percent_bp": null, "amount": amount});
    let (nothing, nowhere) = (ProductId::generate(), CategoryId::generate());
    // The id of a product is none of a category, whatever its digits.
    let mug = shop.product(Product::any()).await.to_string();
    let no_category = mug.replace("prod_", "cat_");
    for (difference, pointer, code) in [
        (json!({"title": ""}), "/title", "empty"),
        (json!({"code": "ab"}), "/code", "bad_code"),
        (json!({"code": "two words"}), "/code", "bad_code"),
        (json!({"percent_bp": 0}), "/percent_bp", "out_of_range"),
        (json!({"percent_bp": 10_001}), "/percent_bp", "out_of_range"),
        (json!({"percent_bp": null}), "/percent_bp", "either_or"),
        (json!({"amount": euros(500)}), "/percent_bp", "either_or"),
        (fixed(euros(0)), "/amount/amount", "out_of_range"),
        (fixed(json!({"amount": 15, "currency": "KWD"})), "/amount/amount", "off_step"),
        (fixed(json!({"amount": 100, "currency": "BGN"})), "/amount/currency", "not_tender"),
        (json!({"minimum": {"amount": 150, "currency": "ISK"}}), "/minimum/amount", "off_step"),
        (json!({"products": [mug]}), "/products", "not_for_products"),
        (json!({"target": "products"}), "/products", "required"),
        (json!({"target": "products", "products": [mug, nothing]}), "/products", "unknown_product"),
        (json!({"target": "products", "categories": [nowhere]}), "/categories", "unknown_category"),
        (
            json!({"target": "products", "categories": [no_category]}),
            "/categories",
            "unknown_category",
        ),
        (
            json!({"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}),
            "/ends_at",
            "before_start",
        ),
        (json!({"max_uses": 0}), "/max_uses", "out_of_range"),
        (json!({"max_per_buyer": 101}), "/max_per_buyer", "out_of_range"),
        (json!({"priority": -1}), "/priority", "out_of_range"),
    ] {
        let answer = api.post("/v1/discounts", &with(&difference)).by(&staff).await;

        assert_eq!(answer.refusal(), (422, "invalid_value"), "{difference} {}", answer.body);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{difference}");
        assert_eq!(answer.text("/errors/0/code"), code, "{difference}");
    }
    let mut other = with(&fixed(euros(500)));
    other["minimum"] = json!({"amount": 500, "currency": "JPY"});
    let other = api.post("/v1/discounts", &other).by(&staff).await;
    assert_eq!(other.text("/errors/0/code"), "other_currency");
    for difference in
        [json!({"target": "everything"}), json!({"used": 1}), json!({"starts_at": "soon"})]
    {
        let answer = api.post("/v1/discounts", &with(&difference)).by(&staff).await;
        assert_eq!(answer.refusal(), (400, "bad_body"), "{difference}");
    }
    assert_eq!(shop.one::<i64>("select count(*) from discounts").await, 0);
}

#[tokio::test]
async fn a_code_is_of_one_active_discount_whatever_its_case() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let first = created(&api, &staff, &welcome()).await;

    let twin = with(&json!({"code": "welcome"}));
    let taken = api.post("/v1/discounts", &twin).by(&staff).await;
    assert_eq!(taken.refusal(), (409, "code_taken"));

    let active = |is: bool| json!({"active": is});
    api.patch(&first, &active(false)).by(&staff).await;
    let second = created(&api, &staff, &twin).await;
    let back = api.patch(&first, &active(true)).by(&staff).await;
    assert_eq!(back.refusal(), (409, "code_taken"));
    let found = api.get("/v1/discounts?code=Welcome&active=true").by(&staff).await;
    assert_eq!(found.text("/data/0/id"), second.rsplit('/').next().unwrap());
    assert_eq!(each(&found, "active"), [&json!(true)]);
}

#[tokio::test]
async fn of_two_discounts_that_are_created_at_once_one_gets_the_code() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let create = || api.post("/v1/discounts", &welcome()).by(&staff).into_future();

    let (a, b) = tokio::join!(create(), create());

    let mut outcomes = [a.status, b.status];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [201, 409]);
}

#[tokio::test]
async fn a_discount_that_is_created_again_with_its_key_is_there_once() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let create = || api.post("/v1/discounts", &welcome()).by(&staff).key("one and the same key");

    let (first, again) = (create().await, create().await);

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(
        (again.body.clone(), again.header("etag")),
        (first.body.clone(), first.header("etag"))
    );
    assert_eq!(shop.one::<i64>("select count(*) from discounts").await, 1);
}

#[tokio::test]
async fn a_discount_changes_for_orders_to_come() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let minimum = json!({"amount": 5000, "currency": "EUR"});
    let address = created(
        &api,
        &staff,
        &with(&json!({"minimum": minimum, "ends_at": "2027-01-01T00:00:00Z"})),
    )
    .await;
    let patch = |patch: Value| api.patch(&address, &patch).by(&staff);

    let renamed =
        patch(json!({"title": "Hello", "combines": true})).header("if-match", "\"v1-9\"").await;
    assert_eq!(
        (renamed.status, renamed.header("etag")),
        (200, Some("\"v2-0\"")),
        "{}",
        renamed.body
    );
    assert_eq!((renamed.text("/title"), renamed.text("/code")), ("Hello", "WELCOME"));
    assert_eq!((&renamed.body["minimum"], &renamed.body["combines"]), (&minimum, &json!(true)));
    let open = patch(json!({"minimum": null, "ends_at": null, "starts_at": "2026-12-24T12:00:00.5Z", "priority": 1})).await;
    assert_eq!((&open.body["minimum"], &open.body["ends_at"]), (&Value::Null, &Value::Null));
    assert_eq!(open.text("/starts_at"), "2026-12-24T12:00:00.5Z");
    let yen =
        patch(json!({"minimum": {"amount": 5000, "currency": "JPY"}, "priority": null})).await;
    assert_eq!((yen.text("/minimum/currency"), &yen.body["priority"]), ("JPY", &json!(100)));
    let same = patch(json!({"title": "Hello"})).await;
    assert_eq!(same.header("etag"), Some("\"v4-0\""));

    let stale = patch(json!({"title": "Old"})).header("if-match", "\"v3-0\"").await;
    assert_eq!(stale.refusal(), (412, "stale"));
    for (change, pointer) in [
        (json!({"title": null}), "/title"),
        (json!({"combines": null}), "/combines"),
        (json!({"priority": 1001}), "/priority"),
        (json!({"ends_at": "2026-12-24T12:00:00.5Z"}), "/ends_at"),
        (json!({"minimum": {"amount": 0, "currency": "EUR"}}), "/minimum/amount"),
    ] {
        let answer = patch(change.clone()).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{change}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{change}");
    }
    assert_eq!(api.get(&address).by(&staff).await.body, same.body);
}

#[tokio::test]
async fn what_a_discount_takes_off_stays() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &welcome()).await;
    for change in [
        json!({"code": "OTHER"}),
        json!({"target": "shipping"}),
        json!({"percent_bp": 500}),
        json!({"amount": {"amount": 500, "currency": "EUR"}}),
        json!({"used": 0}),
    ] {
        let answer = api.patch(&address, &change).by(&staff).await;
        assert_eq!(answer.refusal(), (400, "bad_body"), "{change}");
    }
    assert_eq!(api.get(&address).by(&staff).await.header("etag"), Some("\"v1-0\""));
}

#[tokio::test]
async fn limits_hold_for_the_uses_that_there_are() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let limited = with(&json!({"max_uses": 10, "max_per_buyer": 2}));
    let limited = created(&api, &staff, &limited).await;
    let unlimited = created(&api, &staff, &with(&json!({"code": null}))).await;
    shop.run("update discounts set used = 7 where max_uses is not null").await;
    let patch = |address: &str, patch: Value| api.patch(address, &patch).by(&staff);

    let lower = patch(&limited, json!({"max_uses": 7})).await;
    assert_eq!((&lower.body["max_uses"], &lower.body["used"]), (&json!(7), &json!(7)));
    assert_eq!(lower.header("etag"), Some("\"v2-7\""));
    let below = patch(&limited, json!({"max_uses": 6})).await;
    assert_eq!((below.refusal(), &below.body["used"]), ((409, "below_used"), &json!(7)));
    let higher = patch(&limited, json!({"max_per_buyer": 3})).await;
    assert_eq!(higher.body["max_per_buyer"], json!(3));
    for (address, change) in [
        (&limited, json!({"max_uses": null})),
        (&unlimited, json!({"max_uses": 100})),
        (&limited, json!({"max_per_buyer": 2})),
    ] {
        let answer = patch(address, change.clone()).await;
        assert_eq!(answer.refusal(), (409, "limit_fixed"), "{change}");
    }
    let removed = patch(&limited, json!({"max_per_buyer": null})).await;
    assert_eq!(removed.body["max_per_buyer"], Value::Null);
    let back = patch(&limited, json!({"max_per_buyer": 3})).await;
    assert_eq!(back.refusal(), (409, "limit_fixed"));
}

#[tokio::test]
async fn discounts_are_listed_page_by_page_the_newest_first() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for (code, active) in [("ONE", true), ("TWO", false), ("THREE", true)] {
        created(&api, &staff, &with(&json!({"code": code, "active": active}))).await;
    }
    let list = |query: &str| api.get(&format!("/v1/discounts?{query}")).by(&staff);

    let first = list("limit=2").await;
    assert_eq!(each(&first, "code"), ["THREE", "TWO"]);
    let cursor = first.text("/next_cursor");
    let rest = list(&format!("limit=2&cursor={cursor}")).await;
    assert_eq!(each(&rest, "code"), ["ONE"]);
    assert_eq!(each(&list("active=true").await, "code"), ["THREE", "ONE"]);
    assert_eq!(each(&list("active=false").await, "code"), ["TWO"]);
    assert_eq!(each(&list("code=two").await, "code"), ["TWO"]);
    assert_eq!(each(&list("code=two&active=true").await, "code"), [""; 0]);

    for query in ["limit=0", "limit=101", "cursor=forged", "active=perhaps", "colour=blue"] {
        assert_eq!(list(query).await.status, 400, "{query}");
    }
    assert_eq!(list("code=no%20code").await.refusal(), (422, "invalid_value"));
}

#[tokio::test]
async fn the_uses_of_a_discount_are_its_orders_and_not_its_buyers() {
    let shop = Shop::open().await;
    let (staff, buyer) = (shop.staff().await, shop.customer().await);
    let api = api(&shop);
    let product = shop.product(Product::any()).await;
    let welcome = shop.percent_off(Some("WELCOME"), 1000).await;
    let address = format!("/v1/discounts/{welcome}/uses");
    assert_eq!(api.get(&address).by(&staff).await.body["data"], json!([]));
    let mut orders = Vec::new();
    for is_over in [false, true, false] {
        let order = shop.order(&buyer, Order { product, quantity: 1 }).await;
        shop.run("alter table discount_uses disable trigger discount_uses_add_up").await;
        let sql = "insert into discount_uses (discount_id, order_id, code, title, target, amount_minor, buyer, released_at)
                   values ($1, $2, 'WELCOME', 'Welcome', 'order', 125, sha256('ann'), case when $3 then now() end)";
        shop.admin.execute(sql, &[&welcome, &order, &is_over]).await.unwrap();
        orders.push(order.to_string());
    }

    let first = api.get(&format!("{address}?limit=2")).by(&staff).await;
    let cursor = first.text("/next_cursor");
    let rest = api.get(&format!("{address}?limit=2&cursor={cursor}")).by(&staff).await;

    assert_eq!(each(&first, "order"), [&orders[2], &orders[1]]);
    assert_eq!(each(&rest, "order"), [&orders[0]]);
    let mut used = rest.body["data"][0].clone();
    assert!(used.as_object_mut().unwrap().remove("used_at").unwrap().is_string());
    let amount = json!({"amount": 125, "currency": "EUR"});
    assert_eq!(
        used,
        json!({"order": orders[0], "code": "WELCOME", "amount": amount, "released_at": null})
    );
    assert!(first.body["data"][1]["released_at"].is_string());
    for query in ["limit=0", "cursor=forged", "buyer=ann"] {
        assert_eq!(api.get(&format!("{address}?{query}")).by(&staff).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn only_staff_see_and_touch_discounts() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let address = created(&api, &staff, &welcome()).await;
    let nowhere = format!("/v1/discounts/{}", DiscountId::generate());
    let change = json!({"title": "Mine"});

    let calls = || {
        [
            api.post("/v1/discounts", &welcome()),
            api.get("/v1/discounts"),
            api.get(&address),
            api.patch(&address, &change),
            api.get(&format!("{address}/uses")),
        ]
    };
    for call in calls() {
        assert_eq!(call.await.refusal(), (401, "sign_in"));
    }
    for call in calls() {
        assert_eq!(call.by(&customer).await.refusal(), (403, "wrong_role"));
    }
    let uses = format!("{nowhere}/uses");
    for call in [api.get(&nowhere), api.patch(&nowhere, &change), api.get(&uses)] {
        assert_eq!(call.by(&staff).await.refusal(), (404, "discount_not_found"));
    }
}
