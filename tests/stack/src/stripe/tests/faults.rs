use super::{super::Fault, *};
use std::time::Duration;

const FORM: &str = "amount=5&currency=eur";
const CREATE: &str = "v1/payment_intents";

#[tokio::test]
async fn a_limited_call_is_not_carried_out_and_its_repetition_is() {
    let bench = Bench::new().await;
    bench.stripe.script(Fault::RateLimit);

    let first = bench.post_with_key(CREATE, FORM, "k").await;
    let nothing = bench.stripe.ledger();
    let again = bench.post_with_key(CREATE, FORM, "k").await;

    assert_eq!((first.0, &first.1["error"]["code"]), (429, &"rate_limit".into()));
    assert!(nothing.is_empty());
    assert_eq!(again.0, 200);
}

#[tokio::test]
async fn an_error_before_the_work_leaves_nothing_behind() {
    let bench = Bench::new().await;
    bench.stripe.script(Fault::ErrorBefore);

    let (first, _) = bench.post_with_key(CREATE, FORM, "k").await;
    let nothing = bench.stripe.ledger();
    let (again, _) = bench.post_with_key(CREATE, FORM, "k").await;

    assert_eq!((first, nothing.len(), again), (500, 0, 200));
}

#[tokio::test]
async fn an_error_after_the_work_is_replayed_under_its_key() {
    let bench = Bench::new().await;
    bench.stripe.script_on("POST /v1/payment_intents", Fault::ErrorAfter);

    let (read, _) = bench.get("v1/payment_intents").await;
    let first = bench.post_with_key(CREATE, FORM, "k").await;
    let again = bench.post_with_key(CREATE, FORM, "k").await;

    assert_eq!((read, first.0, &first.1["error"]["type"]), (200, 500, &"api_error".into()));
    assert_eq!(again, first);
    assert_eq!(bench.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_silent_call_was_carried_out_and_its_repetition_tells() {
    let bench = Bench::new().await;
    bench.stripe.script(Fault::SilenceAfter);

    let silence = bench.send(CREATE, FORM, "k").await;
    let (status, told) = bench.post_with_key(CREATE, FORM, "k").await;

    assert!(silence.is_err());
    let [line] = bench.stripe.ledger().try_into().unwrap();
    assert_eq!((status, id(&told)), (200, line.intent));
}

#[tokio::test]
async fn a_late_answer_is_to_work_already_done() {
    let (bench, shop) = Bench::with_shop().await;
    bench.stripe.script(Fault::Delay(Duration::from_hours(1)));

    tokio::select! {
        answer = bench.post(CREATE, FORM) => panic!("too early: {answer:?}"),
        () = shop.knocked.notified() => {}
    }

    assert_eq!(bench.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn a_stopped_stand_in_answers_no_more() {
    let bench = Bench::new().await;
    let url = bench.url("v1/events");

    bench.stripe.stop().await;

    assert!(bench.client.get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn what_was_changed_behind_the_shops_back_shows_when_it_asks() {
    let bench = Bench::new().await;
    let intent = bench.intent(500).await;

    bench.stripe.tamper(&intent, 499, "usd").unwrap();

    let (_, shown) = bench.get(&format!("v1/payment_intents/{intent}")).await;
    assert_eq!((&shown["amount"], &shown["currency"]), (&499.into(), &"usd".into()));
}
