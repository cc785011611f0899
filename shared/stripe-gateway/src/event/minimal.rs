//! What is stored of an event: the members that the shop reads, and those that tell what happened. Names, addresses and all
//! else that Stripe knows of a person stays at Stripe.

use super::envelope;
use super::secrets::without_secrets;
use crate::metadata::{PAYMENT_ID, REFUND_ID};
use serde_json::Value;

/// The members that are stored, wherever they stand. None holds a text that a person has written.
const MEMBERS: [&str; 59] = [
    // Of events
    "account",
    "api_version",
    "context",
    "created",
    "data",
    "id",
    "livemode",
    "object",
    "related_object",
    "type",
    // Of the objects that have an effect
    "actionable",
    "amount",
    "amount_capturable",
    "amount_captured",
    "amount_received",
    "amount_refunded",
    "amount_total",
    "balance_transaction",
    "balance_transactions",
    "boleto_display_details",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "captured",
    "charge",
    "closed_reason",
    "code",
    "currency",
    "decline_code",
    "disputed",
    "due_by",
    "evidence_details",
    "expires_after",
    "expires_at",
    "failure_code",
    "failure_reason",
    "fraud_type",
    "has_evidence",
    "is_charge_refundable",
    "konbini_display_details",
    "last_payment_error",
    "latest_charge",
    "mode",
    "multibanco_display_details",
    "next_action",
    "open",
    "opened_reason",
    "oxxo_display_details",
    "paid",
    "past_due",
    "payment_intent",
    "payment_method_types",
    "payment_status",
    "pending_reason",
    "pix_display_qr_code",
    "reason",
    "refunded",
    "status",
    "submission_count",
];
/// What other programs keep in the metadata may be of a person.
const METADATA: &str = "metadata";
const OUR_METADATA: [&str; 2] = [PAYMENT_ID, REFUND_ID];

/// The event as it is stored. It means the same. A body that is not an event is kept for staff as it came, without secrets.
pub fn minimize(raw: &[u8]) -> Vec<u8> {
    if envelope(raw).is_err() {
        return without_secrets(raw);
    }
    // A member that is not stored may hold bytes that are no text.
    let Ok(mut event) = serde_json::from_str(&String::from_utf8_lossy(raw)) else {
        return without_secrets(raw);
    };
    retain_members(&mut event);
    event.to_string().into_bytes()
}

fn retain_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| name == METADATA || MEMBERS.contains(&name.as_str()));
            for (name, member) in members {
                if name == METADATA { retain_ours(member) } else { retain_members(member) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(retain_members),
        _ => {}
    }
}

/// What is no text is not of Stripe, and makes an object unreadable: it stays so.
fn retain_ours(metadata: &mut Value) {
    if let Value::Object(members) = metadata {
        members.retain(|name, member| OUR_METADATA.contains(&name.as_str()) || !member.is_string());
        members
            .values_mut()
            .filter(|member| !member.is_string())
            .for_each(|member| *member = Value::Null);
    } else {
        retain_members(metadata);
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload;
    use super::*;
    use domain::id::PaymentId;
    use domain::payments::EventPayload;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn event(kind: &str, object: &Value) -> Vec<u8> {
        json!({"id": "evt_1", "object": "event", "type": kind, "created": 1, "livemode": false,
               "request": {"id": "req_1", "idempotency_key": "ann@example.com"},
               "data": {"object": object, "previous_attributes": {"receipt_email": "ann@example.com"}}})
        .to_string()
        .into_bytes()
    }

    #[test]
    fn nothing_of_a_person_is_stored_and_the_event_means_the_same() {
        let person = json!({
            "name": "Ann Lee", "email": "ann@example.com", "phone": "+49 30 1234",
            "address": {"line1": "Hauptstr. 1", "city": "Berlin"},
        });
        let intent = json!({
            "id": "pi_1", "object": "payment_intent", "amount": 5, "amount_received": 5, "currency": "eur",
            "status": "requires_payment_method", "receipt_email": "ann@example.com", "shipping": person,
            "description": "for Ann Lee", "client_secret": "pi_1_secret_2",
            "metadata": {"payment_id": PaymentId::generate(), "customer": "Ann Lee"},
            "last_payment_error": {"code": "card_declined", "decline_code": "lost_card", "message": "Ann Lee's card",
                                   "payment_method": {"billing_details": person}},
            "next_action": {"type": "oxxo_display_details", "oxxo_display_details": {
                "expires_after": 9, "hosted_voucher_url": "https://example.com/ann"}},
            "charges": {"data": [{"billing_details": person}]},
        });
        let pix = json!({
            "id": "pi_1", "object": "payment_intent", "amount": 5, "amount_received": 0, "currency": "brl",
            "status": "requires_action", "next_action": {"type": "pix_display_qr_code", "pix_display_qr_code": {
                "expires_at": 9, "data": "000201", "image_url_svg": "https://example.com/ann"}},
        });
        let session = json!({
            "id": "cs_1", "amount_total": 5, "currency": "eur", "payment_status": "unpaid",
            "metadata": {"payment_id": PaymentId::generate()}, "customer_details": person, "customer_email": "ann@example.com",
        });
        let refund = json!({
            "id": "re_1", "amount": 5, "currency": "eur", "status": "failed", "payment_intent": "pi_1",
            "failure_reason": "lost_or_stolen_card", "instructions_email": "ann@example.com",
        });
        let dispute = json!({
            "id": "dp_1", "amount": 5, "currency": "eur", "status": "needs_response", "reason": "fraudulent",
            "payment_intent": {"id": "pi_1", "shipping": person}, "evidence": {"customer_name": "Ann Lee"},
            "evidence_details": {"due_by": 7},
            "balance_transactions": [{"id": "txn_1", "amount": -5, "description": "of Ann Lee"}, {"amount": 5}],
        });
        for (kind, object) in [
            ("payment_intent.payment_failed", &intent),
            ("payment_intent.processing", &intent),
            ("payment_intent.requires_action", &pix),
            ("checkout.session.completed", &session),
            ("refund.failed", &refund),
            ("charge.dispute.created", &dispute),
            ("customer.created", &person),
        ] {
            let raw = event(kind, object);

            let stored = minimize(&raw);

            let text = String::from_utf8(stored.clone()).unwrap().to_lowercase();
            for of_person in ["ann", "hauptstr", "berlin", "1234", "secret"] {
                assert!(!text.contains(of_person), "{kind}: {text}");
            }
            assert_eq!(payload(&stored), payload(&raw), "{kind}");
            assert_eq!(envelope(&stored).unwrap(), envelope(&raw).unwrap());
            assert_eq!(minimize(&stored), stored);
        }
    }

    #[test]
    fn every_member_that_is_read_is_stored() {
        let sources = [
            include_str!("body.rs"),
            include_str!("checkout_session.rs"),
            include_str!("dispute.rs"),
            include_str!("fraud_warning.rs"),
            include_str!("payment_intent.rs"),
            include_str!("refund.rs"),
            include_str!("../event.rs"),
        ];
        let read: BTreeSet<_> = sources.into_iter().flat_map(members_read).collect();

        assert!(read.len() > 30, "{read:?}");
        for of_each in ["account", "balance_transactions", "due_by", "expires_after", "reason"] {
            assert!(read.contains(of_each), "{of_each}: {read:?}");
        }
        let lost: Vec<_> = read.iter().filter(|name| !MEMBERS.contains(name)).collect();
        assert!(lost.is_empty(), "add to MEMBERS: {lost:?}");
    }

    /// The members of structs that are deserialized, and the names by which other members are looked up.
    fn members_read(source: &str) -> Vec<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let structs = code.split("#[derive(Deserialize)]\nstruct ").skip(1);
        let bodies = structs.filter_map(|rest| rest.split_once('{')?.1.split("\n}").next());
        let fields = bodies.flat_map(str::lines).filter_map(|line| line.trim().split_once(": "));
        let fields = fields.map(|(name, _)| name);
        let strings = code.split('"').collect::<Vec<_>>();
        let quoted = strings.windows(2).filter_map(|pair| {
            let (before, name) = (pair[0].trim_end(), pair[1]);
            let is_read = [".get(", "[", "rename =", " => (", "{\n            ("]
                .iter()
                .any(|end| before.ends_with(end))
                || name.starts_with('/')
                || name.contains("_display_");
            is_read.then(|| name.trim_start_matches('/'))
        });
        let is_name = |name: &&str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        fields
            .chain(quoted)
            .filter(is_name)
            .filter(|name| !matches!(*name, "kind" | "metadata"))
            .collect()
    }

    #[test]
    fn what_cannot_be_read_cannot_be_read_afterwards() {
        let odd = json!({"id": "pi_1", "amount": "5", "currency": "eur", "status": "processing", "metadata": {"a": 1}});
        for object in [&odd, &json!({"id": "pi_1", "metadata": ["a"]}), &json!([1]), &json!("pi_1")]
        {
            let raw = event("payment_intent.processing", object);
            assert_eq!(payload(&minimize(&raw)), payload(&raw), "{object}");
        }
    }

    #[test]
    fn metadata_that_is_no_text_stays_unreadable_though_its_value_is_not_stored() {
        let foreign = json!({"id": "pi_1", "amount": 5, "amount_received": 5, "currency": "eur",
                             "status": "succeeded", "metadata": {"total": 500}});
        let raw = event("payment_intent.succeeded", &foreign);
        let stored = minimize(&raw);

        assert!(!String::from_utf8(stored.clone()).unwrap().contains("500"));
        let [before, after] = [&raw, &stored].map(|event| match payload(event) {
            EventPayload::Unreadable { subject, .. } => subject,
            readable => panic!("{readable:?}"),
        });
        assert_eq!(before, after);
    }

    #[test]
    fn bytes_that_are_no_text_stop_nothing() {
        let raw = event(
            "payment_intent.processing",
            &json!({"id": "pi_1", "receipt_email": "ann#@example.com"}),
        );
        let raw: Vec<_> =
            raw.into_iter().map(|byte| if byte == b'#' { 0xff } else { byte }).collect();
        // Then it is no event, and staff look at it.
        assert!(envelope(&raw).is_err());
        assert_eq!(minimize(&raw), raw);
        assert_eq!(minimize(b"{\"client_secret\":\"s\"}"), b"{\"client_secret\":\"withheld\"}");
    }
}
