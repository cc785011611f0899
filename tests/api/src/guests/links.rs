//! The link in an email shows its order.

use super::{ANN, Fixture, with_token};
use axum::http::Method;
use domain::guests::OrderLink;

async fn paid(fixture: &Fixture) -> (super::Guest, String, String) {
    let (guest, order) = fixture.order(ANN).await;
    fixture.shop.pay(order.rsplit('/').next().unwrap().parse().unwrap()).await;
    let mails = fixture.mails_to(ANN).await;
    // Of the order as it was placed: now that it is paid, it is sent.
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    (guest, order, Fixture::link(mail).to_owned())
}

#[tokio::test]
async fn the_link_of_a_paid_order_shows_it_as_often_as_needed_and_proves_the_address() {
    let fixture = Fixture::open().await;
    let (_, order, link) = paid(&fixture).await;
    let is_proven = "select proven_at is not null from order_guests";
    assert!(!fixture.shop.one::<bool>(is_proven).await);

    let first = fixture.use_link(&link).await;
    let second = fixture.use_link(&link).await;

    assert_eq!((first.status, first.text("/token_type")), (200, "Bearer"));
    assert_eq!(first.text("/order"), order.rsplit('/').next().unwrap());
    for exchanged in [first, second] {
        assert_eq!(with_token(fixture.orders.get(&order), &exchanged).await.status, 200);
    }
    assert!(fixture.shop.one::<bool>(is_proven).await);
    assert!(fixture.shop.tables_with(link.split_once('.').unwrap().1).await.is_empty());
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_was_never_a_link_or_is_none_any_more_shows_nothing() {
    let fixture = Fixture::open().await;
    let (_, order, link) = paid(&fixture).await;
    let (id, secret) = link.split_once('.').unwrap();
    let other = domain::id::OrderId::generate();
    let epoch = OrderLink::text(&testkit::link_key(), id.parse().unwrap(), 2);

    for bad in
        ["", "nonsense", id, secret, &format!("{other}.{secret}"), &epoch, &format!("{link}A")]
    {
        assert_eq!(fixture.use_link(bad).await.refusal(), (400, "bad_link"), "{bad}");
    }
    let exchanged = fixture.use_link(&link).await;
    fixture.shop.run("update order_guests set link_epoch = link_epoch + 1").await;
    assert_eq!(
        with_token(fixture.orders.get(&order), &exchanged).await.refusal(),
        (404, "order_not_found")
    );
    assert_eq!(fixture.use_link(&link).await.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn a_link_is_good_for_180_days() {
    let fixture = Fixture::open().await;
    let (_, _, link) = paid(&fixture).await;
    let older = |days: i32| {
        format!(
        "alter table orders disable trigger orders_guard; update orders set created_at = now() - interval '{days} days';
         alter table orders enable trigger orders_guard"
    )
    };

    fixture.shop.admin.batch_execute(&older(179)).await.unwrap();
    assert_eq!(fixture.use_link(&link).await.status, 200);
    fixture.shop.admin.batch_execute(&older(181)).await.unwrap();
    assert_eq!(fixture.use_link(&link).await.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn the_link_is_sent_again_once_an_hour_and_the_answer_is_always_the_same() {
    let fixture = Fixture::open().await;
    let (_, order) = fixture.order(ANN).await;
    let user = fixture.shop.customer().await;
    let own = fixture.shop.order(&user, testkit::Order { product: fixture.mug, quantity: 1 }).await;
    let ask = |path: &str, ip: &str| {
        fixture.orders.call(Method::POST, &format!("{path}/link")).sent_from(ip)
    };

    let first = ask(&order, "198.51.100.1").await;
    let again = ask(&order, "198.51.100.2").await;
    let of_account = ask(&format!("/v1/orders/{own}"), "198.51.100.3").await;
    let unknown =
        ask(&format!("/v1/orders/{}", domain::id::OrderId::generate()), "198.51.100.4").await;

    for answer in [&again, &of_account, &unknown] {
        assert_eq!((answer.status, &answer.body), (202, &first.body));
    }
    let mails = fixture.mails_to(ANN).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(fixture.use_link(Fixture::link(&mails[0])).await.status, 200);
    assert_eq!(fixture.mails_to(&user.email).await, Vec::<String>::new());
    fixture.audit().await;
}

#[tokio::test]
async fn one_place_asks_for_five_links_an_hour() {
    let fixture = Fixture::open().await;
    for number in 0..6 {
        let ip = format!("192.0.2.{number}");
        let guest =
            fixture.guest_at(&ip, &fixture.wish(&format!("guest{number}@example.com"), 1)).await;
        let placed = fixture.complete(&guest, 1250).await;
        let path = format!("/v1/orders/{}/link", placed.text("/id"));
        let asked = fixture.orders.call(Method::POST, &path).sent_from("198.51.100.1").await;
        assert_eq!(asked.status, 202);
    }

    let asked = "select count(*) from outbox where payload->>'type' = 'order_link_asked'
                 or payload->'event'->>'type' = 'order_link_asked'";
    assert_eq!(fixture.shop.one::<i64>(asked).await, 5);
}
