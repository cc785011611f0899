//! The rules that the database hands to the arithmetic, in one JSON value.

use domain::pricing::Rules;
use serde_json::{Value, json};
use testkit::{Category, Shop, TaxRate};

/// What `pricing_rules` answers to the arguments, which the arithmetic can read.
async fn rules(shop: &Shop, arguments: &str) -> Value {
    let role = shop.connect_as_app_rw().await;
    let sql = format!("select pricing_rules({arguments})::text");
    let text: String = role.query_one(&sql, &[]).await.unwrap().get(0);
    serde_json::from_str::<Rules>(&text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The labels of the rates, in order.
fn labels(rules: &Value) -> Vec<&str> {
    let rates = rules["tax"]["rates"].as_array().unwrap();
    let mut labels: Vec<_> = rates.iter().map(|rate| rate["label"].as_str().unwrap()).collect();
    labels.sort_unstable();
    labels
}

fn id(id: &impl ToString) -> String {
    let text = id.to_string();
    let (_, digits) = text.split_once('_').unwrap();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn anywhere() -> Value {
    json!([{"country": "", "region": "", "postal_prefix": "", "tiers": [{"from": 0, "price_minor": 490}]}])
}

#[tokio::test]
async fn each_kind_of_rule_turns_the_rules_on() {
    let has_rules = "select has_rules from shop_pricing";
    for rule in [
        "insert into tax_countries (country, prices_include_tax, shipping_rule) values ('DE', true, 'follow')",
        "insert into shipping_methods (id, name, currency, basis) values (gen_random_uuid(), 'Parcel', 'EUR', 'flat')",
        "insert into discounts (id, title, target, kind, percent_bp)
         values (gen_random_uuid(), 'Sale', 'order', 'percent', 1000)",
    ] {
        let shop = Shop::open().await;
        assert!(!shop.one::<bool>(has_rules).await, "a shop without rules");
        shop.connect_as_app_rw().await.batch_execute(rule).await.unwrap();
        assert!(shop.one::<bool>(has_rules).await, "{rule}");
    }
}

#[tokio::test]
async fn what_is_no_longer_active_is_no_rule_and_uses_change_no_rule() {
    let shop = Shop::open().await;
    shop.shipping_method("EUR", "flat", &anywhere()).await;
    shop.percent_off(Some("SALE"), 1000).await;
    shop.run("update shipping_methods set active = false").await;
    shop.run("update discounts set active = false").await;
    let state = "select has_rules || ' ' || revision from shop_pricing";
    assert_eq!(shop.one::<String>(state).await, "false 4");

    shop.run("update discounts set used = 0").await;

    assert_eq!(shop.one::<String>(state).await, "false 4");
}

#[tokio::test]
async fn two_who_change_rules_at_once_both_count() {
    let shop = Shop::open().await;
    shop.percent_off(None, 1000).await;
    let other = shop.connect_as_app_rw().await;
    shop.run("begin").await;
    shop.tax_country("DE", true).await;

    let ended = other.batch_execute("update discounts set active = false");
    let (ended, ()) = tokio::join!(ended, shop.commit_once_awaited());

    ended.unwrap();
    assert!(shop.one::<bool>("select has_rules from shop_pricing").await);
}

#[tokio::test]
async fn the_rates_of_a_place_are_those_in_force() {
    let shop = Shop::open().await;
    shop.tax_country("US", false).await;
    let state = TaxRate { region: "NY", label: "state", ..TaxRate::standard("US") };
    for rate in [
        TaxRate { label: "everywhere", ..TaxRate::standard("US") },
        state,
        TaxRate { component: "local", postal_prefix: "100", label: "city", ..state },
        TaxRate { component: "local", postal_prefix: "14", label: "other city", ..state },
        TaxRate { region: "CA", label: "other state", ..state },
        TaxRate { category: "books", rate_ppm: None, label: "ended", ..state },
    ] {
        shop.tax_rate(rate).await;
    }
    shop.run(
        "insert into tax_rates (country, region, category, rate_ppm, label, valid_from)
              values ('US', 'NY', 'standard', 1, 'to come', now() + interval '1 hour')",
    )
    .await;

    let new_york =
        rules(&shop, "'US', 'NY', array['', '1', '10', '100', '1000'], '{}', 'USD', null").await;
    let unknown = rules(&shop, "'US', null, null, null, 'USD', null").await;
    let untaxed = rules(&shop, "'FR', '', array['', '7'], '{}', 'EUR', null").await;
    let nowhere = rules(&shop, "null, null, null, '{}', null, null").await;

    assert_eq!(labels(&new_york), ["city", "everywhere", "state"]);
    assert_eq!(labels(&unknown), ["everywhere"]);
    assert_eq!((&new_york["has_tax"], &new_york["has_regions"]), (&json!(true), &json!(true)));
    assert_eq!(
        new_york["tax"]["prices_include_tax"].as_bool().zip(new_york["tax"]["is_exempt"].as_bool()),
        Some((false, false))
    );
    assert_eq!((&untaxed["tax"], &untaxed["has_regions"]), (&Value::Null, &json!(false)));
    assert_eq!((&nowhere["tax"], &nowhere["has_tax"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn an_account_is_exempt_where_and_while_its_certificate_holds() {
    let shop = Shop::open().await;
    let (ann, staff) = (shop.customer().await, shop.staff().await);
    shop.tax_country("US", false).await;
    let certificate = "insert into tax_exemptions (user_id, country, region, certificate, valid_from, valid_until, created_by)
                       values ($1, 'US', 'NY', 'R-1', now(), now() + interval '1 hour', $2)";
    shop.admin.execute(certificate, &[&ann.id, &staff.id]).await.unwrap();

    for (region, account, expected) in
        [("NY", Some(&ann), true), ("CA", Some(&ann), false), ("NY", None, false)]
    {
        let account = account.map_or("null".to_owned(), |user| format!("'{}'", id(&user.id)));
        let arguments = format!("'US', '{region}', '{{\"\"}}', '{{}}', 'USD', null, {account}");
        let found = rules(&shop, &arguments).await;
        assert_eq!(found["tax"]["is_exempt"], expected, "{arguments}");
    }
}

#[tokio::test]
async fn methods_come_with_the_zones_of_the_place() {
    let shop = Shop::open().await;
    let tiers = json!([{"from": 0, "price_minor": 490}, {"from": 31_500, "price_minor": null}]);
    let zone = |country, region, prefix| json!({"country": country, "region": region, "postal_prefix": prefix, "tiers": tiers});
    let zones =
        json!([zone("", "", ""), zone("DE", "", "1"), zone("DE", "", "2"), zone("US", "NY", "")]);
    let parcel = shop.shipping_method("EUR", "weight", &zones).await;
    let other = shop.shipping_method("USD", "flat", &anywhere()).await;
    shop.run("update shipping_methods set active = false where currency = 'USD'").await;

    let berlin = rules(&shop, "'DE', '', array['', '1', '10'], '{}', 'EUR', null").await;
    let albany = rules(&shop, "'US', 'NY', array[''], '{}', 'EUR', null").await;
    let nowhere = rules(&shop, "null, null, null, '{}', 'EUR', null").await;

    let methods = berlin["shipping_methods"].as_array().unwrap();
    assert_eq!((methods.len(), &methods[0]["id"]), (1, &json!(id(&parcel))), "{other} is inactive");
    assert_eq!(methods[0]["zones"], json!([zones[0], zones[1]]));
    assert_eq!(albany["shipping_methods"][0]["zones"], json!([zones[0], zones[3]]));
    assert_eq!((&albany["has_regions"], &berlin["has_regions"]), (&json!(true), &json!(false)));
    assert_eq!(nowhere["shipping_methods"][0]["zones"], json!([]));
    assert_eq!(nowhere["has_shipping"], json!(true));
}

#[tokio::test]
async fn discounts_are_those_of_the_codes_and_ten_that_hold_by_themselves() {
    let shop = Shop::open().await;
    let kitchen = shop.category(Category::any()).await;
    let mugs = shop.category(Category { parent: Some(kitchen), ..Category::any() }).await;
    let large = shop.category(Category { parent: Some(mugs), ..Category::any() }).await;
    let sale = shop.percent_off(Some("SALE"), 1000).await;
    shop.percent_off(Some("OTHER"), 1000).await;
    shop.admin
        .execute(
            "update discounts set target = 'products', categories = array[$1::uuid], ends_at = '2020-01-01 00:00:00Z'
             where id = $2",
            &[&kitchen, &sale],
        )
        .await
        .unwrap();
    for _ in 0..12 {
        shop.percent_off(None, 500).await;
    }
    shop.run("update discounts set currency = 'JPY' where id = (select min(id::text)::uuid from discounts where code is null)")
        .await;

    let found = rules(&shop, "'DE', '', '{\"\"}', array['SALE', 'UNKNOWN'], 'EUR', null").await;

    let discounts = found["discounts"].as_array().unwrap();
    let coded: Vec<_> = discounts.iter().filter(|discount| !discount["code"].is_null()).collect();
    assert_eq!((discounts.len(), coded.len()), (11, 1));
    assert_eq!(coded[0]["ends_at"], json!("2020-01-01T00:00:00+00:00"));
    assert_eq!((&coded[0]["starts_at"], &coded[0]["used_by_buyer"]), (&Value::Null, &json!(0)));
    let mut categories: Vec<_> = coded[0]["categories"].as_array().unwrap().iter().collect();
    categories.sort_by_key(ToString::to_string);
    assert_eq!(categories, [&json!(id(&kitchen)), &json!(id(&mugs)), &json!(id(&large))]);
    assert!(discounts.iter().all(|discount| discount["currency"] != "JPY"));
}
