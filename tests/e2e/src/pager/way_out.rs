//! What ends each state, and for those that end in the shop: requests to the shop, and nothing else.

use super::State;
use super::day::Day;
use crate::admin;
use local::{Customer, Shop};
use serde_json::{Value, json};

/// What ends a state.
enum WayOut {
    /// It is listed as this kind of what waits, until it is acknowledged.
    Acknowledge(&'static str),
    /// It ends with its cause, which is outside of the shop: a setting, AWS, the server, the records, or who asks too much.
    Cause,
    /// It is listed among the dead letters until it is discarded.
    Discard,
}

fn way_out(state: State) -> WayOut {
    match state {
        State::OpenFinding => WayOut::Acknowledge("reconciliation_finding"),
        State::EventOfOtherMode
        | State::UnreadableEvent
        | State::EventOfOtherAmount
        | State::EventWithoutObject
        | State::EventWithoutPayment
        | State::EventThatFails => WayOut::Acknowledge("parked_stripe_event"),
        State::DeadLetter => WayOut::Discard,
        State::ReconciliationFails
        | State::BrokenInvariant
        | State::UncheckedInvariant
        | State::WrongStripeMode
        | State::WrongStripeModeWithoutCustomers
        | State::WrongWebhookSecret
        | State::OutboxLate
        | State::SweepFails
        | State::MailsFail
        | State::ThrottledLogins
        | State::ThrottledRequests
        | State::SweepMissing
        | State::ReconcileMissing
        | State::FunctionThrottled
        | State::FunctionAnswers500
        | State::DatabaseFull => WayOut::Cause,
    }
}

/// Ends a state whose alarm rings with what attention lists for it, and fails unless the alarm stops.
pub(super) async fn walk(shop: &Shop, day: &mut Day<'_>, state: State, alarm: &str) {
    // Nobody logs in for the other states: some of them refuse it (429) or fail it (500) as long as they last.
    match way_out(state) {
        WayOut::Acknowledge(kind) => acknowledge(&admin(shop).await, state, kind).await,
        WayOut::Discard => discard(&admin(shop).await).await,
        WayOut::Cause => return,
    }
    day.falls_silent(alarm).await;
}

async fn discard(admin: &Customer) {
    let letters = async || {
        let listed = admin.get("/v1/ops/dead-letters").await.unwrap();
        assert_eq!(listed.status, 200, "{}", listed.body);
        listed.body["data"].as_array().unwrap().clone()
    };
    let all = letters().await;
    assert!(!all.is_empty(), "no dead letter is listed");
    for letter in all {
        let path = format!("/v1/ops/dead-letters/{}/discard", letter["id"].as_str().unwrap());
        let answer = admin.post(&path, &json!({"reason": "Nobody can read it"})).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(letters().await, Vec::<Value>::new());
}

async fn acknowledge(admin: &Customer, state: State, kind: &str) {
    let waiting = waiting(admin, kind).await;
    assert!(!waiting.is_empty(), "{state:?} is not among what waits");
    for item in &waiting {
        let actions = item["actions"].as_array().unwrap();
        let paths = actions.iter().map(|action| action["path"].as_str().unwrap());
        let acknowledge = paths.into_iter().find(|path| path.ends_with("/acknowledge")).unwrap();
        let body = json!({"reason": "Looked at: nothing is missing"});
        let answer = admin.post(acknowledge, &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(self::waiting(admin, kind).await, Vec::<Value>::new(), "{state:?}");
}

async fn waiting(admin: &Customer, kind: &str) -> Vec<Value> {
    let listed = admin.get("/v1/ops/attention?limit=100").await.unwrap();
    assert_eq!(listed.status, 200, "{}", listed.body);
    let mut items = listed.body["data"].as_array().unwrap().clone();
    items.retain(|item| item["kind"] == kind);
    items
}
