//! Killed and frozen instances, and messages that were not sent.

use crate::{audit, customer, open, product, until};
use invariants::BreachKind;
use serde_json::json;
use stack::process_guard::send_signal;
use std::time::Duration;

#[tokio::test]
async fn a_function_that_dies_is_followed_by_another() {
    let shop = open().await;
    let grace = customer(&shop).await;
    assert_eq!(grace.get("/v1/orders").await.unwrap().status, 200);

    for pid in shop.gateway.pids("Orders").unwrap() {
        send_signal(pid, "KILL").unwrap();
    }

    until("a new function", async || {
        (grace.get("/v1/orders").await.unwrap().status == 200).then_some(())
    })
    .await;
    audit(&shop).await;
}

/// Lambda freezes an idle instance, possibly for minutes; its database connection may be closed in the meantime.
#[tokio::test]
async fn a_function_that_wakes_with_a_dead_connection_serves_the_first_request() {
    let shop = open().await;
    let grace = customer(&shop).await;
    assert_eq!(grace.get("/v1/orders").await.unwrap().status, 200);
    let pids = shop.gateway.pids("Orders").unwrap();
    for pid in &pids {
        send_signal(*pid, "STOP").unwrap();
    }
    let (database, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let cut =
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'app_rw'";
    database.query_one(cut, &[]).await.unwrap();
    // The pool checks only connections that were idle for more than a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;

    for pid in &pids {
        send_signal(*pid, "CONT").unwrap();
    }
    let first = grace.get("/v1/orders").await.unwrap();

    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(shop.gateway.pids("Orders").unwrap(), pids, "it is the same instance");
    audit(&shop).await;
}

#[tokio::test]
async fn an_event_that_was_left_in_the_outbox_is_sent_by_the_sweep() {
    let shop = open().await;
    let (grace, tea) = (customer(&shop).await, product(&shop, "TEA-GREEN").await);
    let body = json!({"lines": [{"product": tea, "quantity": 1}]});
    let order = grace.post_with_new_key("/v1/orders", &body).await.unwrap();
    let number = order.body["number"].as_str().unwrap();
    let order = order.body["id"].as_str().unwrap();
    let (database, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    until("the mail about the order", async || {
        let sent =
            "select count(*) from emails where status = 'sent' and dedupe_key like 'order_%'";
        (database.query_one(sent, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    // As if the function had died between its commit and the queue, and the email was not sent.
    let unsent =
        "update outbox set sent_at = null, available_at = now() where dedupe_key like 'order_%'";
    database.execute(unsent, &[]).await.unwrap();
    database.execute("delete from emails where dedupe_key like 'order_%'", &[]).await.unwrap();

    let report = shop.gateway.tick("Sweep").await.unwrap();

    assert_eq!(report["messages"], 1);
    until("the mail", async || {
        let mails = shop.aws().mails().await.unwrap();
        (mails.iter().filter(|mail| mail.subject.contains(number)).count() == 2).then_some(())
    })
    .await;
    // The audit reports the second email: the first was sent before the record was deleted here.
    let connections = shop.audit_connections().await.unwrap();
    let breaches = until("the record of the second email", async || {
        let found = shop.audit(&connections).unwrap().run().await.unwrap();
        (!found.breaches.is_empty()).then_some(found.breaches)
    })
    .await;
    let [twice] = &breaches[..] else { panic!("{breaches:#?}") };
    assert_eq!((twice.invariant, twice.kind), ("I7", BreachKind::Duplicate));
    assert!(
        twice.row.starts_with(&format!("the mail order_placed:{order} went out again")),
        "{twice}"
    );
}
