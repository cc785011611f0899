use super::*;
use domain::id::{PaymentId, RefundId};
use domain::money::{Currency, Money};
use domain::payments::Status;
use domain::payments::fraud_warning::FraudWarningKind;
use serde_json::json;
use time::macros::datetime;

fn event(kind: &str, object: &Value) -> Vec<u8> {
    let event = json!({
        "id": "evt_1", "object": "event", "type": kind, "created": 1_800_000_000, "livemode": false,
        "api_version": "2031-01-01.unknown", "data": {"object": object}, "something": ["new"],
    });
    event.to_string().into_bytes()
}

fn thin(kind: &str, related: &Value) -> Value {
    json!({
        "id": "evt_1", "object": "v2.core.event", "type": kind, "livemode": false,
        "created": "2026-12-01T10:00:00.250Z", "related_object": related,
    })
}

fn intent(status: &str, currency: &str) -> Value {
    json!({"id": "pi_1", "amount": 1999, "amount_received": 1999, "currency": currency, "status": status,
           "new_field": 1})
}

fn subject(payload: &EventPayload) -> (bool, Vec<&str>, bool) {
    let EventPayload::Unreadable { subject, .. } = payload else { panic!("{payload:?}") };
    let ids = subject.ids.iter().map(String::as_str).collect();
    (subject.is_ours, ids, subject.follows_payment)
}

#[test]
fn an_event_of_another_version_is_read_for_what_we_need() {
    let raw = event("payment_intent.succeeded", &intent("succeeded", "eur"));

    let EventPayload::Payment(update) = payload(&raw) else { panic!("no payment") };

    assert_eq!(update.status, Status::Succeeded);
    assert_eq!(update.amount, Money { minor: 1999, currency: Currency::EUR });
    assert_eq!(envelope(&raw).unwrap().object_id.as_deref(), Some("pi_1"));
}

#[test]
fn what_was_received_counts_once_a_payment_has_succeeded() {
    for (status, expected) in [("succeeded", 1000), ("processing", 1999)] {
        let mut intent = intent(status, "eur");
        intent["amount_received"] = json!(1000);
        let parsed = payload(&event("payment_intent.updated", &intent));
        let EventPayload::Payment(update) = parsed else { panic!("{parsed:?}") };
        assert_eq!(update.amount.minor, expected, "{status}");
    }
}

#[test]
fn an_event_of_a_kind_that_we_do_not_know_is_kept_without_effect() {
    for kind in ["plan.created", "charge.refunded", "charge.succeeded", "refundable.created"] {
        assert_eq!(payload(&event(kind, &json!({}))), EventPayload::Other, "{kind}");
    }
}

#[test]
fn an_object_that_we_cannot_read_says_whose_it_is() {
    let ours = json!({"payment_id": PaymentId::generate()});
    let cases = [
        (json!({}), (false, vec![], false)),
        (intent("sleeping", "eur"), (false, vec!["pi_1"], false)),
        (json!({"id": "pi_1", "currency": "isk", "metadata": null}), (false, vec!["pi_1"], false)),
        (json!({"id": "pi_1", "currency": "???", "metadata": ours}), (true, vec!["pi_1"], false)),
    ];
    for (object, expected) in cases {
        let parsed = payload(&event("payment_intent.succeeded", &object));
        assert_eq!(subject(&parsed), expected, "{object}");
    }
    let mut refund = json!({"id": "re_1", "payment_intent": "pi_1", "currency": "isk"});
    let of_refund = |object: &Value| payload(&event("refund.updated", object));
    assert_eq!(subject(&of_refund(&refund)), (false, vec!["re_1", "pi_1"], true));
    refund["metadata"] = json!({"refund_id": RefundId::generate()});
    assert_eq!(subject(&of_refund(&refund)), (true, vec!["re_1", "pi_1"], true));
    refund["payment_intent"] = json!(null);
    assert_eq!(of_refund(&refund), EventPayload::Other);
}

#[test]
fn the_refund_events_of_old_endpoints_are_those_of_new_ones() {
    let refund = json!({"id": "re_1", "amount": 500, "currency": "eur", "status": "succeeded",
                        "payment_intent": "pi_1", "metadata": {}});

    let old = payload(&event("charge.refund.updated", &refund));

    assert!(matches!(&old, EventPayload::Refund(update) if update.provider == "re_1"), "{old:?}");
    assert_eq!(old, payload(&event("refund.updated", &refund)));
}

#[test]
fn a_thin_event_refers_to_its_object() {
    let raw = thin("v1.payment_intent.succeeded", &json!({"id": "pi_1", "type": "payment_intent"}));
    let raw = raw.to_string().into_bytes();

    let envelope = envelope(&raw).unwrap();

    assert_eq!(envelope.kind, "v1.payment_intent.succeeded");
    assert_eq!(envelope.object_id.as_deref(), Some("pi_1"));
    assert_eq!(envelope.created, datetime!(2026-12-01 10:00:00.25 UTC));
    let (object, id) = (StripeObject::PaymentIntent, "pi_1".to_owned());
    assert_eq!(payload(&raw), EventPayload::Reference { object, id });
    let EventPayload::Payment(update) = payload_with(&raw, &intent("succeeded", "eur")) else {
        panic!("no payment")
    };
    assert_eq!((update.status, update.at), (Status::Succeeded, envelope.created));
}

#[test]
fn a_thin_event_without_effect_or_object_is_told_apart() {
    let payload = |kind, related| payload(thin(kind, &related).to_string().as_bytes());
    for kind in ["v1.plan.created", "v2.core.account.updated", "payment_intent.succeeded"] {
        assert_eq!(payload(kind, json!({"id": "pi_1"})), EventPayload::Other, "{kind}");
    }
    for related in [json!(null), json!({}), json!({"id": "../refunds"}), json!({"id": 1})] {
        let parsed = payload("v1.payment_intent.succeeded", related);
        assert!(matches!(parsed, EventPayload::Unreadable { .. }), "{parsed:?}");
    }
}

#[test]
fn an_event_of_another_account_is_none_of_ours_whatever_it_says() {
    let of = |name: &str, account: Value| {
        let raw = event("payment_intent.succeeded", &intent("succeeded", "eur"));
        let mut event: Value = serde_json::from_slice(&raw).unwrap();
        event[name] = account;
        payload(event.to_string().as_bytes())
    };
    assert_eq!(of("account", json!("acct_1")), EventPayload::OtherAccount);
    let (object, id) = (StripeObject::PaymentIntent, "pi_1".to_owned());
    for context in ["acct_1", "org_1", "org_1/acct_1"] {
        let expected = EventPayload::Reference { object, id: id.clone() };
        assert_eq!(of("context", json!(context)), expected, "the object decides");
    }
    for none in [json!(null), json!("")] {
        assert!(matches!(of("account", none.clone()), EventPayload::Payment(_)));
        assert!(matches!(of("context", none), EventPayload::Payment(_)));
    }
}

#[test]
fn a_warning_is_open_until_it_cannot_be_acted_on_and_a_review_until_it_is_closed() {
    let warning = |actionable| json!({"id": "issfr_1", "payment_intent": "pi_1", "actionable": actionable, "fraud_type": "misc"});
    let review = |open| json!({"id": "prv_1", "payment_intent": "pi_1", "open": open, "opened_reason": "rule"});
    let (issuer, reviewer) = (FraudWarningKind::EarlyFraudWarning, FraudWarningKind::Review);
    for (kind, object, expected) in [
        ("radar.early_fraud_warning.created", warning(true), (issuer, "misc", true)),
        ("radar.early_fraud_warning.updated", warning(false), (issuer, "misc", false)),
        ("review.opened", review(true), (reviewer, "rule", true)),
        ("review.closed", review(false), (reviewer, "rule", false)),
        // Of a thin event the object may be older or newer than the event.
        ("review.closed", review(true), (reviewer, "rule", false)),
        ("review.opened", review(false), (reviewer, "rule", false)),
    ] {
        let parsed = payload(&event(kind, &object));
        let EventPayload::FraudWarning(update) = parsed else { panic!("{parsed:?}") };
        assert_eq!((update.kind, update.reason.as_str(), update.is_open), expected, "{kind}");
    }
}

#[test]
fn a_body_that_is_no_event_has_no_head() {
    for body in ["", "[]", "{}", "null", "{\"id\": 1}"] {
        assert!(envelope(body.as_bytes()).is_err(), "{body}");
        assert!(matches!(payload(body.as_bytes()), EventPayload::Unreadable { .. }), "{body}");
    }
}

#[test]
fn a_body_that_is_no_event_is_stored_under_its_bytes() {
    let (one, other) = (unreadable_id(b"one"), unreadable_id(b"other"));
    assert_eq!(one, "evt_unreadable_7692c3ad3540bb803c020b3aee66cd88");
    assert!(one != other && one.len() == other.len());
}
