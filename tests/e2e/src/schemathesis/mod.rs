//! Schemathesis sends requests that the published OpenAPI document allows, and some that it forbids. Every response
//! must match the document: no undocumented status, no 5xx, no body that violates its schema.

use crate::{admin, customer, open, product, tool, until};
use local::{Customer, Shop};
use serde_json::{Value, json};
use stack::stripe::Card;
use stack::tools;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const RULES: &str = include_str!("schemathesis.toml");
const SEED: &str = "20261124";
/// About twenty times the usual duration.
const LIMIT: Duration = Duration::from_mins(20);

const ALL: &str = "--phases=examples,coverage,fuzzing,stateful";
/// Operations that may end the caller's own session or role.
const SESSION_ENDING: [&str; 6] =
    ["log_out", "end_session", "set_user_role", "disable_user", "erase_account", "erase_user"];

#[tokio::test]
async fn what_an_admin_may_ask_is_answered_as_documented() {
    let shop = open().await;
    let admin = admin(&shop).await;
    let data = TestData::create(&shop, &admin).await;
    let without = SESSION_ENDING.map(|operation| format!("--exclude-operation-id={operation}"));
    let with = SESSION_ENDING.map(|operation| format!("--include-operation-id={operation}"));

    explore(&shop, Some(&admin), &data, ALL, &without).await;
    assert_eq!(admin.get("/v1/users").await.unwrap().status, 200, "the admin still has its role");
    explore(&shop, Some(&admin), &data, ALL, &with).await;
}

#[tokio::test]
async fn what_a_customer_may_ask_is_answered_as_documented() {
    let shop = open().await;
    let data = TestData::create(&shop, &admin(&shop).await).await;
    let without = SESSION_ENDING.map(|operation| format!("--exclude-operation-id={operation}"));
    let grace = data.grace.clone();

    explore(&shop, Some(&grace), &data, "--phases=examples,fuzzing,stateful", &without).await;
    assert_eq!(grace.get("/v1/me").await.unwrap().status, 200, "still signed in");
}

#[tokio::test]
async fn what_a_stranger_may_ask_is_answered_as_documented() {
    let shop = open().await;
    let data = TestData::create(&shop, &admin(&shop).await).await;

    explore(&shop, None, &data, "--phases=examples,fuzzing", &[]).await;
}

/// One or two rows of each kind, so that generated paths can name existing ones.
struct TestData {
    grace: Customer,
    dictionaries: Vec<(&'static str, f32, Vec<Value>)>,
}

impl TestData {
    async fn create(shop: &Shop, admin: &Customer) -> Self {
        let (grace, mug) = (customer(shop).await, product(shop, "MUG-BLUE").await);
        let body = json!({"lines": [{"product": mug, "quantity": 2}]});
        let [paid, waiting] = [
            grace.post_with_new_key("/v1/orders", &body).await.unwrap().body["id"].clone(),
            grace.post_with_new_key("/v1/orders", &body).await.unwrap().body["id"].clone(),
        ];
        let order = format!("/v1/orders/{}", paid.as_str().unwrap());
        let paying = grace.post(&format!("{order}/payment-intent"), &json!({})).await.unwrap().body;
        let intent = paying["stripe_payment_intent"].as_str().unwrap();
        shop.stripe.as_ref().unwrap().pay(intent, Card::Visa).unwrap();
        until("the payment", async || {
            let order = grace.get(&order).await.unwrap().body;
            (order["payment_status"] == "paid").then_some(())
        })
        .await;
        let first = async |who: &Customer, list: &str| {
            who.get(list).await.unwrap().body["data"][0]["id"].clone()
        };
        let payment = first(&grace, &format!("{order}/payments")).await;
        let refunds = format!("/v1/payments/{}/refunds", payment.as_str().unwrap());
        let half = json!({"amount": {"amount": 1250, "currency": "EUR"}});
        let refund = admin.post_with_new_key(&refunds, &half).await.unwrap().body["id"].clone();
        let parcel = json!({
            "name": "Parcel", "currency": "EUR", "basis": "flat", "zones": [{"tiers": [{"from": 0, "amount": 490}]}],
        });
        let method = admin.post_with_new_key("/v1/shipping-methods", &parcel).await.unwrap();
        let dictionaries = vec![
            ("path.method_id", 0.8, vec![method.body["id"].clone()]),
            ("path.country", 0.8, vec![json!("DE"), json!("US")]),
            ("path.order_id", 0.8, vec![paid, waiting]),
            ("path.payment_id", 0.8, vec![payment]),
            ("path.refund_id", 0.8, vec![refund]),
            ("path.product_id", 0.8, vec![json!(mug)]),
            ("body.product", 0.8, vec![json!(mug)]),
            ("body.lines[*].product", 0.8, vec![json!(mug)]),
            ("path.category_id", 0.8, vec![first(admin, "/v1/categories").await]),
            ("path.event_id", 0.8, vec![first(admin, "/v1/ops/stripe-events").await]),
            ("path.sku", 0.8, vec![json!("MUG-BLUE"), json!("HONEY")]),
            ("path.code", 0.8, vec![json!("out_of_stock")]),
            ("path.user_id", 1.0, vec![grace.get("/v1/me").await.unwrap().body["id"].clone()]),
        ];
        let lacks = |(_, _, values): &&(_, _, Vec<Value>)| values.iter().any(Value::is_null);
        assert!(dictionaries.iter().find(lacks).is_none(), "{dictionaries:?}");
        Self { grace, dictionaries }
    }

    /// The rules of `schemathesis.toml`, and the ids of the rows as dictionaries.
    fn config(&self) -> String {
        let values = self.dictionaries.iter().map(|(name, chance, _)| {
            format!("{name:?} = {{ dictionary = {name:?}, probability = {chance:.1} }}\n")
        });
        let dictionaries = self.dictionaries.iter().map(|(name, _, values)| {
            format!("[dictionaries.{name:?}]\nvalues = {}\n", json!(values))
        });
        [RULES.to_owned()].into_iter().chain(values).chain(dictionaries).collect()
    }
}

async fn explore(
    shop: &Shop,
    who: Option<&Customer>,
    data: &TestData,
    how: &str,
    operations: &[String],
) {
    let schemathesis = tool(tools::schemathesis).await;
    let config = shop.services.log_folder().join("schemathesis.toml");
    std::fs::write(&config, data.config()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "another seed finds other cases")]
    let seed = std::env::var("SCHEMATHESIS_SEED").unwrap_or_else(|_| SEED.to_owned());
    let token = who.and_then(Customer::token).map(|token| format!("Authorization: Bearer {token}"));

    let run = Command::new(schemathesis)
        .arg("--config-file")
        .arg(&config)
        .arg("run")
        .arg(format!("{}/v1/openapi.json", shop.url()))
        .args(["--no-color", "--seed", &seed, "--generation-database=none"])
        .args(["--max-examples=3", how])
        .args(operations)
        .args(token.iter().flat_map(|token| ["--header", token]))
        .current_dir(shop.services.log_folder())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let run =
        tokio::time::timeout(LIMIT, run).await.expect("Schemathesis did not end in time").unwrap();

    let report = String::from_utf8_lossy(&run.stdout);
    let again = "Another seed: SCHEMATHESIS_SEED=<number> cargo test -p e2e schemathesis";
    assert!(!report.contains("Tested: 0"), "{report}");
    assert!(run.status.success(), "{report}\n{}\n{again}", String::from_utf8_lossy(&run.stderr));
}
