//! Functions that answer 5xx. Lambda counts no error then.

use super::day::Day;
use super::{State, rings};
use crate::{admin, customer};
use local::{Customer, Options, Response, Shop};
use serde_json::json;

/// A function, and its answer to a request.
async fn asked(
    shop: &Shop,
    customer: &Customer,
    admin: &Customer,
) -> [(&'static str, Response); 6] {
    let log_in = json!({"email": "grace@example.com", "password": "a nice long passphrase"});
    [
        ("Accounts", customer.post("/v1/auth/login", &log_in).await.unwrap()),
        ("Catalog", Customer::anonymous(shop.url()).get("/v1/products").await.unwrap()),
        ("Orders", customer.get("/v1/orders").await.unwrap()),
        ("Payments", admin.get("/v1/refunds").await.unwrap()),
        ("Inventory", admin.get("/v1/inventory").await.unwrap()),
        ("Operations", admin.get("/v1/ops/outbox").await.unwrap()),
    ]
}

/// The functions whose `…Errors` rings, in alphabetical order.
fn failing(day: &Day<'_>) -> Vec<String> {
    let ringing = day.ringing().into_iter().filter_map(|alarm| alarm.strip_suffix("Errors"));
    let ringing = ringing.filter(|of| !["Api", "Sweep", "Reconcile"].contains(of));
    let mut ringing: Vec<_> = ringing.map(str::to_owned).collect();
    ringing.sort_unstable();
    ringing
}

#[tokio::test]
async fn functions_that_answer_500_ring() {
    let shop = Shop::open(Options { proxies: true, ..Options::default() }).await.unwrap();
    let (customer, admin) = (customer(&shop).await, admin(&shop).await);
    let database = &shop.proxies.as_ref().unwrap().database;

    let broken = async |day: &mut Day<'_>| {
        // A database that is away for a moment: 503.
        for _ in 0..2 {
            day.go_on().await;
            database.disable();
            let answers = asked(&shop, &customer, &admin).await;
            database.restore();
            for (function, Response { status, .. }) in answers {
                assert_eq!(status, 503, "{function}");
                day.served(function, status);
            }
        }
        assert!(day.ringing().contains(&"ApiErrors"), "{:?}", day.ringing());
        assert_eq!(failing(day), [""; 0], "no release is to blame for the database");

        // A release whose migration misses something of what it uses.
        let revoke = "revoke select on all tables in schema public from app_rw";
        day.database.batch_execute(revoke).await.unwrap();
        let mut functions = Vec::new();
        for minute in 0..2 {
            functions.clear();
            if minute > 0 {
                day.go_on().await;
            }
            for (function, Response { status, body, .. }) in asked(&shop, &customer, &admin).await {
                assert_eq!(status, 500, "{function}: {body}");
                day.served(function, status);
                functions.push(function);
            }
        }
        functions.sort_unstable();
        assert_eq!(failing(day), functions);
    };
    let mended = async |day: &mut Day<'_>| {
        let grant = "grant select on all tables in schema public to app_rw";
        day.database.batch_execute(grant).await.unwrap();
    };
    rings(&shop, State::FunctionAnswers500, broken, mended).await;
}
