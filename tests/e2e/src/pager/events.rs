//! Events of Stripe's that are parked, for each reason.

use super::day::Day;
use super::payments::Fixture;
use super::{State, rings};
use serde_json::json;
use stack::stripe::Card;

/// An event is parked for this reason, and another one is not the cause.
async fn expect_parked(day: &mut Day<'_>, reason: &str) {
    let reasons = "select array_agg(distinct parked_reason) as all from stripe_events where parked_reason is not null";
    assert_eq!(day.one(reasons).await["all"], json!([reason]));
}

#[tokio::test]
async fn an_event_of_the_other_mode_rings() {
    let fixture = Fixture::open().await;

    let other_mode = async |_: &mut Day<'_>| {
        let (intent, _) = fixture.intent().await;
        let mut event = fixture.stripe().events().pop().unwrap();
        event["id"] = json!(format!("evt_live_{}", fixture.next()));
        event["livemode"] = json!(true);
        event["data"]["object"] = intent;
        fixture.stripe().emit_with(event);
        fixture.stripe().idle().await;
    };
    let parked = async |day: &mut Day<'_>| expect_parked(day, "livemode").await;
    rings(&fixture.shop, State::EventOfOtherMode, other_mode, parked).await;
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_rings() {
    let fixture = Fixture::open().await;

    let no_event = async |_: &mut Day<'_>| {
        fixture.stripe().emit_with(json!({"id": format!("odd {}", fixture.next())}));
        fixture.stripe().idle().await;
    };
    let parked = async |day: &mut Day<'_>| expect_parked(day, "unreadable").await;
    rings(&fixture.shop, State::UnreadableEvent, no_event, parked).await;
}

#[tokio::test]
async fn an_event_of_another_amount_rings() {
    let fixture = Fixture::open().await;

    let other_amount = async |_: &mut Day<'_>| {
        let (intent, id) = fixture.intent().await;
        fixture.tamper(&intent, intent["amount"].as_i64().unwrap() + 1);
        fixture.stripe().pay(&id, Card::Visa).unwrap();
        fixture.stripe().idle().await;
        fixture.stripe().remove(&id);
    };
    let parked = async |day: &mut Day<'_>| expect_parked(day, "amount_mismatch").await;
    rings(&fixture.shop, State::EventOfOtherAmount, other_amount, parked).await;
}

#[tokio::test]
async fn an_event_without_its_object_rings() {
    let fixture = Fixture::open().await;

    let no_object = async |_: &mut Day<'_>| {
        let (_, id) = fixture.intent().await;
        fixture.stripe().remove(&id);
        fixture.stripe().emit_thin("v1.payment_intent.succeeded", "payment_intent", &id);
        fixture.stripe().idle().await;
    };
    let parked = async |day: &mut Day<'_>| expect_parked(day, "object_missing").await;
    rings(&fixture.shop, State::EventWithoutObject, no_object, parked).await;
}

#[tokio::test]
async fn an_event_of_ours_without_its_payment_rings() {
    let fixture = Fixture::open().await;

    // It carries an id of ours that no payment has.
    let no_payment = async |_: &mut Day<'_>| {
        let (mut intent, id) = fixture.intent().await;
        intent["id"] = json!(format!("pi_unknown{}", fixture.next()));
        for value in intent["metadata"].as_object_mut().unwrap().values_mut() {
            let known = value.as_str().unwrap();
            let unknown = format!("{}8000000000000000", &known[..known.len().saturating_sub(16)]);
            *value = json!(unknown);
        }
        fixture.stripe().remove(&id);
        fixture.stripe().emit("payment_intent.processing", intent);
        fixture.stripe().idle().await;
    };
    let parked = async |day: &mut Day<'_>| expect_parked(day, "payment_not_found").await;
    rings(&fixture.shop, State::EventWithoutPayment, no_payment, parked).await;
}

#[tokio::test]
async fn an_event_that_fails_at_every_try_rings() {
    let fixture = Fixture::open().await;

    // Its effect fails in the database at every try.
    let failing = async |day: &mut Day<'_>| {
        let (_, id) = fixture.intent().await;
        let trap = format!("alter table ledger add constraint trap check (source_id <> '{id}')");
        day.database.batch_execute(&trap).await.unwrap();
        fixture.stripe().pay(&id, Card::Visa).unwrap();
        fixture.stripe().idle().await;
    };
    let mended = async |day: &mut Day<'_>| {
        expect_parked(day, "failing").await;
        day.database.batch_execute("alter table ledger drop constraint trap").await.unwrap();
    };
    rings(&fixture.shop, State::EventThatFails, failing, mended).await;
}
