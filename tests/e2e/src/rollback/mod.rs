//! A release goes out, its canary rings the alarm, and the release before comes back, while orders are placed.

mod next_release;

use crate::{admin, audit, customer, pager, product};
use invariants::LogReader;
use local::{Customer, Options, Shop};
use serde_json::{Value, json};
use stack::functions::{self, Profile};
use stack::gateway::{self, Gateway, Listener};
use stack::{Progress, Template, tools};
use std::cell::Cell;
use std::path::Path;

/// A gateway with the functions of the next release, beside those of this one.
fn canary(shop: &Shop, binaries: &Path) -> Gateway {
    let template = Template::load(&tools::workspace().join("template.yaml")).unwrap();
    let mut options =
        gateway::Options::new(binaries, shop.services.log_folder().join("next-release"));
    options.values.clone_from(&shop.settings);
    options.env = shop.aws().env();
    // Without the queues: the functions of this release read them.
    Gateway::start(Listener::bind(None).unwrap(), &template, None, &options).unwrap()
}

/// Places an order and cancels it, and returns its path. Both are answered at once, whatever release does it.
async fn order(customer: &Customer, product: &str) -> String {
    let body = json!({"lines": [{"product": product, "quantity": 1}]});
    let placed = customer.post_with_new_key("/v1/orders", &body).await.unwrap();
    assert_eq!(placed.status, 201, "{}", placed.body);
    let path = format!("/v1/orders/{}", placed.body["id"].as_str().unwrap());
    let cancel = format!("{path}/cancel");
    let cancelled = customer.post_with_new_key(&cancel, &json!({})).await.unwrap();
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    path
}

async fn migrate(gateway: &Gateway) -> Value {
    gateway.invoke("Migrate", &json!({})).await.unwrap()
}

#[tokio::test]
async fn a_release_is_taken_back_while_orders_are_placed() {
    let folder = std::env::temp_dir().join(format!("rollback-{}", std::process::id()));
    let options = Options { data: Some(folder.clone()), ..Options::default() };
    let shop = Shop::open(options.clone()).await.unwrap();
    let now = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    let next = next_release::build(&now).await;
    let (grace, mug) = (customer(&shop).await, product(&shop, "MUG-BLUE").await);
    let is_over = Cell::new(false);

    let deploy = async {
        let canary = canary(&shop, &next);
        let applied = migrate(&canary).await;
        let mut customer = Customer::anonymous(canary.url());
        let signed_in = customer.log_in("grace@example.com", "a nice long passphrase").await;
        assert_eq!(signed_in.unwrap().status, 200);
        // Both releases log to one group.
        let mut logs = [shop.log_reader(), LogReader::of(canary.log_folder())];
        let mut minutes = Vec::new();
        while !pager::ringing_after(&minutes).contains(&"OrdersErrors".to_owned()) {
            assert!(minutes.len() < 5, "the canary is over, and no alarm rang");
            for _ in 0..3 {
                let events = format!("{}/events", order(&customer, &mug).await);
                assert_eq!(customer.get(&events).await.unwrap().status, 500);
            }
            minutes.push(logs.iter_mut().flat_map(|log| log.new_lines().unwrap()).collect());
        }
        // No more traffic for the next release, and CloudFormation runs this one's `Migrate`.
        drop(canary);
        let back = migrate(&shop.gateway).await;
        is_over.set(true);
        (applied, back)
    };
    let load = async {
        let mut orders = 0;
        while !is_over.get() {
            order(&grace, &mug).await;
            orders += 1;
        }
        orders
    };
    let ((applied, back), orders) = tokio::join!(deploy, load);
    order(&grace, &mug).await;

    assert_eq!((applied, back), (json!({"applied": 1}), json!({"applied": 0})));
    assert!(orders >= 5, "{orders} orders");
    audit(&shop).await;

    // `cargo run -- --data` with the sources of this release, on the data of the next one.
    drop(shop);
    let shop = Shop::open(options).await.unwrap();
    let mut grace = Customer::anonymous(shop.url());
    let signed_in = grace.log_in("grace@example.com", "a nice long passphrase").await.unwrap();
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    order(&grace, &mug).await;
    // The mails of the first run are gone with their service, so the database alone is checked.
    let found = admin(&shop).await.get("/v1/ops/invariants").await.unwrap();
    assert_eq!((found.status, &found.body["breaches"]), (200, &json!([])), "{}", found.body);
    drop(shop);
    std::fs::remove_dir_all(folder).unwrap();
}
