//! PostgreSQL stops without a shutdown, as with `pg_ctl stop -m immediate`, and is started again.

use super::Fixture;
use stack::postgres::Location;
use stack::process_guard::send_signal;
use stack::{Postgres, Progress};
use std::time::Duration;
use testkit::{Shop, send_all};

#[tokio::test]
async fn a_database_that_crashes_under_load_forgets_nothing_that_was_answered() {
    let folder = std::env::temp_dir().join(format!("restart-{}", std::process::id()));
    let location = Location::Folder(folder.clone());
    let server = Postgres::start(&location, &Progress::silent()).await.unwrap();
    let mut fixture = Fixture::with_connections(Shop::open_on(&server).await, 4).await;
    let buyers = fixture.shop.customers(8).await;
    let send = |fixture: &Fixture, n: usize| {
        let call = fixture.api.post("/v1/orders", &super::order_body(fixture.mug));
        call.by(&buyers[n % 8]).key(&format!("order of a crash, {n}"))
    };
    send_all((0..4).map(|n| send(&fixture, n))).await;

    let load = tokio::spawn(send_all((0..40).map(|n| send(&fixture, n)).collect::<Vec<_>>()));
    tokio::time::sleep(Duration::from_millis(30)).await;
    send_signal(server.pid().unwrap(), "QUIT").unwrap();
    server.process_guard().unwrap().wait().await;
    let answers = load.await.unwrap();
    let down = send(&fixture, 0).await;
    drop(server);
    let server = Postgres::start(&location, &Progress::silent()).await.unwrap();
    fixture.reconnect(&server).await;
    let first = send(&fixture, 0).await;
    let again = send_all((0..40).map(|n| send(&fixture, n))).await;

    assert_eq!(down.refusal(), (503, "unavailable"));
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (201, Some("true")),
        "{}",
        first.body
    );
    for (before, after) in answers.iter().zip(&again) {
        assert!(matches!(before.refusal(), (201, "") | (503, "unavailable")), "{}", before.body);
        assert_eq!(after.status, 201, "{}", after.body);
        assert!(before.status == 503 || before.bytes == after.bytes, "an answered order is gone");
    }
    assert_eq!(fixture.order_count().await, 40);
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 40));
    fixture.check_invariants().await;
    server.stop();
    std::fs::remove_dir_all(folder).unwrap();
}
