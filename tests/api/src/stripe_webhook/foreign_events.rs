//! Events of other programs that the same account at Stripe serves, and of other accounts.

use super::{Fixture, api, deliver, event_outcome, ordered, retry_due_events, state};
use domain::id::RefundId;
use serde_json::{Value, json};
use testkit::{Intent, Shop};

/// A payment of another program.
fn foreign() -> Intent {
    Intent {
        id: "pi_of_another_program".to_owned(),
        payment: domain::id::PaymentId::generate(),
        amount: 4200,
        currency: "EUR".to_owned(),
    }
}

/// `event` with some other members of its object.
fn with(mut event: Value, members: &[(&str, Value)]) -> Value {
    for (member, value) in members {
        event["data"]["object"][*member] = value.clone();
    }
    event
}

fn payment(members: &[(&str, Value)]) -> Value {
    with(with(foreign().event("succeeded", 0), &[("metadata", json!({}))]), members)
}

/// How often an event was tried, and what came of it.
async fn tries(shop: &Shop, event: &Value) -> (i32, String) {
    let sql = "select attempts from stripe_events where event_id = $1";
    let row = shop.admin.query_one(sql, &[&event["id"].as_str()]).await.unwrap();
    (row.get(0), event_outcome(shop, event).await)
}

#[tokio::test]
async fn a_payment_of_another_program_ends_at_once_whatever_it_says() {
    let fixture = Fixture::paid().await;
    let before = state(&fixture.shop, fixture.order).await;

    for event in [
        payment(&[]),
        payment(&[("metadata", json!({"shop": "b"}))]),
        payment(&[("metadata", json!({"payment_id": "7"}))]),
        payment(&[("metadata", json!(null))]),
        payment(&[("currency", json!("isk"))]),
        payment(&[("currency", json!("???"))]),
        payment(&[("amount", json!(null))]),
        payment(&[("status", json!("sleeping"))]),
        with(foreign().event("payment_failed", 0), &[("metadata", json!(null))]),
        with(foreign().session_event("completed", 0), &[("metadata", json!(null))]),
        with(
            foreign().session_event("completed", 0),
            &[("metadata", json!({"payment_id": "7"})), ("amount_total", json!(null))],
        ),
    ] {
        fixture.deliver(&event).await;
        assert_eq!(tries(&fixture.shop, &event).await, (1, "done".to_owned()), "{event}");
    }
    assert_eq!(state(&fixture.shop, fixture.order).await, before);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_follows_a_payment_of_another_program_ends_at_once_too() {
    let fixture = Fixture::paid().await;
    let refund = || foreign().refund_event("re_foreign", "succeeded", 4200, None, 1);
    let dispute = || foreign().dispute_event("dp_foreign", "created", "needs_response", 1);

    for event in [
        refund(),
        with(refund(), &[("currency", json!("isk"))]),
        with(refund(), &[("status", json!("sleeping"))]),
        dispute(),
        with(dispute(), &[("currency", json!("isk"))]),
        with(dispute(), &[("amount", json!("much"))]),
        foreign().warning_event("issfr_foreign", "created", true),
        foreign().review_event("prv_foreign", "opened"),
    ] {
        fixture.deliver(&event).await;
        assert_eq!(tries(&fixture.shop, &event).await, (1, "done".to_owned()), "{event}");
    }
    assert_eq!(fixture.dispute_state().await, "free");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn while_an_intent_of_ours_is_on_its_way_a_refund_of_an_unknown_one_waits_for_it() {
    let shop = Shop::open().await;
    let (order, _) = ordered(&shop).await;
    shop.run("update payments set status = 'canceled'").await;
    // Stripe creates its intent when the buyer pays.
    let intent = shop.hosted_page(order).await;
    let api = api(&shop);
    let refund = intent.refund_event("re_1", "succeeded", 500, None, 5);

    deliver(&api, &refund).await;
    let early = event_outcome(&shop, &refund).await;
    deliver(&api, &intent.session_event("completed", 1)).await;
    deliver(&api, &intent.event("succeeded", 1)).await;
    retry_due_events(&shop).await;

    assert_eq!((early.as_str(), event_outcome(&shop, &refund).await.as_str()), ("waits", "done"));
    assert!(state(&shop, order).await.starts_with("confirmed 1999 500"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_waited_long_enough_for_a_payment_of_ours_ends_quietly() {
    let shop = Shop::open().await;
    let (order, _) = ordered(&shop).await;
    shop.run("update payments set status = 'canceled'").await;
    shop.hosted_page(order).await;
    let api = api(&shop);
    let events = [
        foreign().refund_event("re_foreign", "succeeded", 4200, None, 1),
        with(
            foreign().dispute_event("dp_foreign", "created", "needs_response", 1),
            &[("currency", json!("isk"))],
        ),
    ];

    for event in &events {
        deliver(&api, event).await;
        for _ in 0..4 {
            assert_eq!(event_outcome(&shop, event).await, "waits", "{event}");
            retry_due_events(&shop).await;
        }
    }

    for event in &events {
        assert_eq!(tries(&shop, event).await, (5, "done".to_owned()), "{event}");
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_names_one_of_ours_is_parked_if_its_payment_never_comes() {
    let fixture = Fixture::paid().await;
    let ours = Some(RefundId::generate());
    let refund = foreign().refund_event("re_1", "succeeded", 4200, ours, 1);

    fixture.deliver(&refund).await;
    let early = event_outcome(&fixture.shop, &refund).await;
    for _ in 0..10 {
        retry_due_events(&fixture.shop).await;
    }

    assert_eq!(early, "waits");
    assert_eq!(tries(&fixture.shop, &refund).await, (11, "payment_not_found".to_owned()));
}

#[tokio::test]
async fn what_is_ours_by_its_id_alone_is_parked_if_it_cannot_be_read() {
    let fixture = Fixture::paid().await;
    let unreadable = &[("metadata", json!(null)), ("currency", json!("???"))];

    for event in [
        with(fixture.intent.event("processing", 5), unreadable),
        with(fixture.intent.refund_event("re_1", "succeeded", 500, None, 5), unreadable),
        with(fixture.intent.dispute_event("dp_1", "created", "needs_response", 5), unreadable),
        with(fixture.intent.warning_event("issfr_1", "created", true), &[("actionable", json!(7))]),
    ] {
        fixture.deliver(&event).await;
        assert_eq!(event_outcome(&fixture.shop, &event).await, "unreadable", "{event}");
    }
}

#[tokio::test]
async fn an_event_of_another_account_has_no_effect_in_either_mode() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let (api, before) = (api(&shop), state(&shop, order).await);

    for livemode in [false, true] {
        let mut event = intent.event("succeeded", 0);
        event["account"] = json!("acct_of_somebody_else");
        // Events of connected accounts have both.
        event["context"] = json!("acct_of_somebody_else");
        event["livemode"] = json!(livemode);
        deliver(&api, &event).await;
        assert_eq!(tries(&shop, &event).await, (1, "done".to_owned()), "{event}");
    }
    assert_eq!(state(&shop, order).await, before);
    // A null says that it is of ours.
    let mut event = intent.event("succeeded", 0);
    event["account"] = json!(null);
    event["context"] = json!(null);
    deliver(&api, &event).await;
    assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
}
