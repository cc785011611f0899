use super::{super::Fault, *};
use std::time::Duration;

const FORM: &str = "amount=500&currency=eur";
const CREATE: &str = "v1/payment_intents";

#[tokio::test]
async fn a_limited_call_is_not_carried_out_and_its_repetition_is() {
    let fixture = Fixture::new().await;
    fixture.stripe.inject(Fault::RateLimit);

    let first = fixture.post_with_key(CREATE, FORM, "k").await;
    let nothing = fixture.stripe.ledger();
    let again = fixture.post_with_key(CREATE, FORM, "k").await;

    assert_eq!((first.0, &first.1["error"]["code"]), (429, &"rate_limit".into()));
    assert!(nothing.is_empty());
    assert_eq!(again.0, 200);
}

#[tokio::test]
async fn an_error_before_the_work_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    fixture.stripe.inject(Fault::ErrorBefore);

    let (first, _) = fixture.post_with_key(CREATE, FORM, "k").await;
    let nothing = fixture.stripe.ledger();
    let (again, _) = fixture.post_with_key(CREATE, FORM, "k").await;

    assert_eq!((first, nothing.len(), again), (500, 0, 200));
}

#[tokio::test]
async fn an_error_after_the_work_is_replayed_under_its_key() {
    let fixture = Fixture::new().await;
    fixture.stripe.inject_on("POST /v1/payment_intents", Fault::ErrorAfter);

    let (read, _) = fixture.get("v1/payment_intents").await;
    let first = fixture.post_with_key(CREATE, FORM, "k").await;
    let again = fixture.post_with_key(CREATE, FORM, "k").await;

    assert_eq!((read, first.0, &first.1["error"]["type"]), (200, 500, &"api_error".into()));
    assert_eq!(again, first);
    assert_eq!(fixture.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_silent_call_was_carried_out_and_its_repetition_tells() {
    let fixture = Fixture::new().await;
    fixture.stripe.inject(Fault::DisconnectAfter);

    let silence = fixture.send(CREATE, FORM, "k").await;
    let (status, retried) = fixture.post_with_key(CREATE, FORM, "k").await;

    assert!(silence.is_err());
    let [line] = fixture.stripe.ledger().try_into().unwrap();
    assert_eq!((status, id(&retried)), (200, line.intent));
}

#[tokio::test]
async fn a_late_answer_is_to_work_already_done() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    fixture.stripe.inject(Fault::Delay(Duration::from_hours(1)));

    tokio::select! {
        answer = fixture.post(CREATE, FORM) => panic!("too early: {answer:?}"),
        () = receiver.arrived.notified() => {}
    }

    assert_eq!(fixture.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_stopped_stand_in_answers_no_more() {
    let fixture = Fixture::new().await;
    let url = fixture.url("v1/events");

    fixture.stripe.stop().await;

    assert!(fixture.client.get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn what_was_changed_behind_the_shops_back_shows_when_it_asks() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    fixture.stripe.tamper(&intent, 499, "usd").unwrap();

    let (_, shown) = fixture.get(&format!("v1/payment_intents/{intent}")).await;
    assert_eq!((&shown["amount"], &shown["currency"]), (&499.into(), &"usd".into()));
}
