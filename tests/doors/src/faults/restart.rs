//! PostgreSQL itself goes down without a word, as with `pg_ctl stop -m immediate`, and comes back.

use super::Scene;
use stack::leash::signal;
use stack::postgres::Place;
use stack::{Postgres, Progress};
use std::time::Duration;
use testkit::{Shop, all};

#[tokio::test]
async fn a_database_that_crashes_under_load_forgets_nothing_that_was_answered() {
    let folder = std::env::temp_dir().join(format!("restart-{}", std::process::id()));
    let place = Place::Folder(folder.clone());
    let server = Postgres::start(&place, &Progress::silent()).await.unwrap();
    let mut scene = Scene::with(Shop::open_on(&server).await, 4).await;
    let buyers = scene.shop.customers(8).await;
    let send = |scene: &Scene, n: usize| {
        let call = scene.door.post("/v1/orders", &super::wish(scene.mug));
        call.by(&buyers[n % 8]).key(&format!("order of a crash, {n}"))
    };
    all((0..4).map(|n| send(&scene, n))).await;

    let load = tokio::spawn(all((0..40).map(|n| send(&scene, n)).collect::<Vec<_>>()));
    tokio::time::sleep(Duration::from_millis(30)).await;
    signal(server.pid().unwrap(), "QUIT").unwrap();
    server.leash().unwrap().ended().await;
    let answers = load.await.unwrap();
    let away = send(&scene, 0).await;
    drop(server);
    let server = Postgres::start(&place, &Progress::silent()).await.unwrap();
    scene.comes_back(&server).await;
    let first = send(&scene, 0).await;
    let again = all((0..40).map(|n| send(&scene, n))).await;

    assert_eq!(away.refusal(), (503, "unavailable"));
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
    assert_eq!(scene.orders().await, 40);
    assert_eq!(scene.shop.stock(scene.mug).await, (1000, 40));
    scene.hold().await;
    server.stop();
    std::fs::remove_dir_all(folder).unwrap();
}
