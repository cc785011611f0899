//! A guest buys.

use super::{ANN, Fixture, HOME};
use axum::http::Method;
use domain::id::ProductId;
use serde_json::{Value, json};
use testkit::{Discount, Intent, Product};

#[tokio::test]
async fn a_guest_buys_from_the_checkout_to_the_paid_order() {
    let fixture = Fixture::open().await;
    let lines = json!({"lines": [{"product": fixture.mug, "quantity": 2}]});
    let guest = fixture.guest_at(HOME, &lines).await;

    let nameless = fixture.complete(&guest, 2500).await;
    assert_eq!(nameless.refusal(), (409, "checkout_not_ready"));
    let problems = &nameless.body["bill"]["problems"];
    assert_eq!(
        (&problems[0]["code"], &problems[0]["pointer"]),
        (&json!("email_required"), &json!("/email"))
    );
    let change = fixture.checkouts.patch(&guest.path, &json!({"email": "Ann@Example.com"}));
    let changed = guest.shown(change.header("if-match", "*")).await;
    assert_eq!((changed.status, changed.text("/email")), (200, "Ann@Example.com"));

    let placed = fixture.complete(&guest, 2500).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!((placed.text("/status"), placed.text("/email")), ("pending", "Ann@Example.com"));
    let order = format!("/v1/orders/{}", placed.text("/id"));

    let intent = fixture.payments.call(Method::POST, &format!("{order}/payment-intent"));
    let intent = guest.shown(intent).await;
    assert_eq!(intent.status, 200, "{}", intent.body);
    let intent = Intent {
        id: intent.text("/stripe_payment_intent").to_owned(),
        payment: intent.text("/payment").parse().unwrap(),
        amount: 2500,
        currency: "EUR".to_owned(),
    };
    let webhook = crate::stripe_webhook::api(&fixture.shop);
    assert_eq!(webhook.stripe_event(&intent.event("succeeded", 1)).await.status, 200);

    let shown = fixture.show(&guest, &order).await;
    assert_eq!((shown.text("/status"), shown.text("/payment_status")), ("confirmed", "paid"));
    let events = guest.shown(fixture.orders.get(&format!("{order}/events"))).await;
    let kinds: Vec<&Value> =
        events.body["data"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["order_placed", "payment_captured", "order_confirmed"]);
    let paid = guest.shown(fixture.payments.get(&format!("{order}/payments"))).await;
    assert_eq!(paid.body["data"].as_array().map(Vec::len), Some(1), "{}", paid.body);
}

#[tokio::test]
async fn a_guest_pays_on_stripes_page_too_and_cancels_what_is_not_paid() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(ANN).await;
    let urls =
        json!({"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"});

    let page =
        guest.shown(fixture.payments.post(&format!("{order}/checkout-session"), &urls)).await;
    assert_eq!(page.status, 200, "{}", page.body);

    let (other, unpaid) = fixture.order(ANN).await;
    let cancel = || other.shown(fixture.orders.call(Method::POST, &format!("{unpaid}/cancel")));
    assert_eq!(cancel().await.text("/status"), "cancelled");
    assert_eq!(cancel().await.text("/status"), "cancelled");
    fixture.audit().await;
}

#[tokio::test]
async fn the_secret_is_shown_once_and_stands_nowhere() {
    let fixture = Fixture::open().await;
    let guest = fixture.guest(ANN, 1).await;

    let shown = guest.shown(fixture.checkouts.get(&guest.path)).await;

    assert_eq!((shown.status, &shown.body["secret"]), (200, &Value::Null));
    assert!(fixture.shop.tables_with(&guest.secret).await.is_empty());
}

#[tokio::test]
async fn an_account_has_its_own_address_and_gets_no_secret() {
    let fixture = Fixture::open().await;
    let user = fixture.shop.customer().await;

    let named = fixture.checkouts.post("/v1/checkouts", &fixture.wish(ANN, 1)).by(&user).await;
    assert_eq!(named.refusal(), (422, "invalid_value"));
    assert_eq!(named.text("/errors/0/code"), "not_for_accounts");

    let created = fixture.checkouts.post("/v1/checkouts", &json!({})).by(&user).await;
    assert_eq!((created.status, &created.body["secret"]), (201, &Value::Null));
    let path = format!("/v1/checkouts/{}", created.text("/id"));
    let change = fixture.checkouts.patch(&path, &json!({"email": ANN})).by(&user);
    assert_eq!(change.header("if-match", "*").await.refusal(), (422, "invalid_value"));
}

#[tokio::test]
async fn a_shop_that_does_not_sell_to_guests_asks_them_to_sign_in() {
    let fixture = Fixture::open().await;
    fixture.shop.run("update shop_pricing set guest_checkout = false").await;

    let refused = fixture.checkouts.post("/v1/checkouts", &fixture.wish(ANN, 1)).await;

    assert_eq!(refused.refusal(), (401, "sign_in"));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from checkouts").await, 0);
}

#[tokio::test]
async fn the_same_key_is_one_order_and_every_other_one_finds_it() {
    let fixture = Fixture::open().await;
    let guest = fixture.guest(ANN, 1).await;
    let key = "a guest's key, twice";

    let twins = (0..20).map(|_| fixture.complete_with(&guest, key, 1250));
    let answers = testkit::send_all(twins).await;
    let others = testkit::send_all((0..5).map(|_| fixture.complete(&guest, 1250))).await;

    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert!(others.iter().all(|answer| answer.status == 200));
    assert!(others.iter().all(|answer| answer.text("/id") == answers[0].text("/id")));
    assert_eq!(fixture.orders_count().await, 1);
    let stale = guest.shown(
        fixture
            .orders
            .post(
                &format!("{}/complete", guest.path),
                &json!({"expected_total": {"amount": 1, "currency": "EUR"}}),
            )
            .header("if-match", "*")
            .key(key),
    );
    assert_eq!(stale.await.refusal(), (422, "idempotency_key_reused"));
    fixture.audit().await;
}

#[tokio::test]
async fn an_address_changed_while_a_completion_is_on_its_way_never_leads_to_an_order_of_another() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    for round in 0..10 {
        let ip = format!("198.51.100.{round}");
        let guest = fixture.guest_at(&ip, &fixture.wish(&format!("a{round}@example.com"), 1)).await;
        let other = format!("b{round}@example.com");
        let change = fixture.checkouts.patch(&guest.path, &json!({"email": other}));
        let change = guest.shown(change.header("if-match", "*"));

        let (changed, placed) = tokio::join!(change, fixture.complete(&guest, 1250));

        match (changed.status, placed.status) {
            (200, 201) => assert_eq!(placed.text("/email"), other),
            (200, 412) => {}
            (409, 201) => assert_eq!(placed.text("/email"), format!("a{round}@example.com")),
            _ => panic!("{} and {}", changed.body, placed.body),
        }
    }
    fixture.audit().await;
}

#[tokio::test]
async fn a_code_for_one_use_of_each_buyer_is_counted_by_the_address() {
    let fixture = Fixture::open().await;
    fixture
        .shop
        .discount(Discount { code: Some("ONCE"), max_per_buyer: Some(1), ..Discount::any() })
        .await;
    let wish = |email: &str| {
        let mut body = fixture.wish(email, 1);
        body["discount_codes"] = json!(["ONCE"]);
        body
    };
    let first = fixture.guest_at(HOME, &wish(ANN)).await;
    let bill = guest_bill(&fixture, &first).await;
    let total = bill["total"]["amount"].as_i64().unwrap();
    assert!(total < 1250, "{bill}");
    assert_eq!(fixture.complete(&first, total).await.status, 201);

    // With a tag, it is the same mailbox.
    let again = fixture.guest_at(HOME, &wish("Ann+2@example.com")).await;
    let bill = guest_bill(&fixture, &again).await;

    assert_eq!(bill["total"]["amount"], 1250);
    assert_eq!(bill["problems"][0]["code"], "code_used_up");
}

async fn guest_bill(fixture: &Fixture, guest: &super::Guest) -> Value {
    guest.shown(fixture.checkouts.get(&guest.path)).await.body
}

#[tokio::test]
async fn a_guest_edits_the_order_with_its_secret_and_nobody_with_another_one() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(ANN).await;
    let (other, _) = fixture.order("bob@example.com").await;
    let edit = |quantity: i64| {
        let total = json!({"amount": 1250 * quantity, "currency": "EUR"});
        let line = json!({"product": fixture.mug, "quantity": quantity});
        let body = json!({"lines": [line], "expected_total": total});
        let call = fixture.payments.post(&format!("{order}/edits"), &body);
        call.header("if-match", "*").key(&format!("a guest's edit {}", ProductId::generate()))
    };

    let strangers = other.shown(edit(2)).await;
    let edited = guest.shown(edit(2)).await;
    let too_many = guest.shown(edit(21)).await;

    assert_eq!(strangers.refusal(), (404, "order_not_found"));
    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!(too_many.refusal(), (409, "too_many_unpaid_pieces"));
    let by = "select concat_ws(' ', total_minor, actor is null) from order_edits";
    assert_eq!(fixture.shop.one::<String>(by).await, "2500 t");
    assert_eq!(fixture.shop.stock(fixture.mug).await, (10, 3));
    fixture.audit().await;
}
