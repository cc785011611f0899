//! What waits, and the requests that deal with it.

use domain::money::Money;
use domain::operations::{AttentionItem, AttentionKind};
use serde::Serialize;
use std::fmt::Write as _;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Something that waits for a person.
#[derive(Serialize, ToSchema)]
#[schema(as = AttentionItem)]
pub(crate) struct AttentionItemView {
    /// Later versions may add kinds.
    kind: AttentionKind,
    /// Since when it waits; null for dead letters.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    since: Option<OffsetDateTime>,
    subject: SubjectView,
    /// What is known about it, for people.
    #[schema(example = "payment_intent.succeeded: unreadable")]
    detail: String,
    /// The money that is concerned; null if there is none.
    #[schema(required)]
    amount: Option<Money>,
    /// Until when it can be dealt with; null if that is not limited.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    due_at: Option<OffsetDateTime>,
    /// The requests that deal with it or tell more.
    actions: Vec<ActionView>,
}

/// What waits.
#[derive(Serialize, ToSchema)]
#[schema(as = AttentionSubject)]
struct SubjectView {
    #[serde(rename = "type")]
    #[schema(example = "stripe_event")]
    kind: &'static str,
    #[schema(example = "evt_1PqRsTuVwXyZ")]
    id: String,
}

/// A request that deals with what waits.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AttentionAction)]
struct ActionView {
    #[schema(example = "POST")]
    method: &'static str,
    #[schema(example = "/v1/ops/stripe-events/evt_1PqRsTuVwXyZ/replay")]
    path: String,
    summary: &'static str,
}

impl From<AttentionItem> for AttentionItemView {
    fn from(item: AttentionItem) -> Self {
        let actions = actions(item.kind, &item.subject, item.about.as_deref());
        let AttentionItem { kind, since, subject: id, detail, amount, due_at, .. } = item;
        let subject = SubjectView { kind: subject_type(kind), id };
        Self { kind, since, subject, detail, amount, due_at, actions }
    }
}

fn subject_type(kind: AttentionKind) -> &'static str {
    match kind {
        AttentionKind::ParkedStripeEvent => "stripe_event",
        AttentionKind::ReconciliationFinding => "finding",
        AttentionKind::StockDiscrepancy => "stock_discrepancy",
        AttentionKind::FailedEmail => "email",
        AttentionKind::FailedRefund => "refund",
        AttentionKind::Dispute => "dispute",
        AttentionKind::FraudWarning => "fraud_warning",
        AttentionKind::RequestedReturn => "return",
        AttentionKind::RefundedOrder => "order",
        AttentionKind::DeadLetters => "queue",
    }
}

fn actions(kind: AttentionKind, subject: &str, about: Option<&str>) -> Vec<ActionView> {
    let (id, about) = (segment(subject), segment(about.unwrap_or_default()));
    let get = |path, summary| ActionView { method: "GET", path, summary };
    let post = |path, summary| ActionView { method: "POST", path, summary };
    let cancel = || post(format!("/v1/orders/{about}/cancel"), "Cancel the order");
    let mut actions = match kind {
        AttentionKind::ParkedStripeEvent => vec![
            get(format!("/v1/ops/stripe-events/{id}"), "Read the event"),
            post(format!("/v1/ops/stripe-events/{id}/replay"), "Apply the event again"),
        ],
        AttentionKind::ReconciliationFinding => vec![
            get(format!("/v1/ops/reconciliations/{about}"), "Read what differs"),
            post("/v1/ops/reconciliations".to_owned(), "Compare again"),
        ],
        AttentionKind::StockDiscrepancy => {
            vec![post(format!("/v1/inventory/{about}/adjustments"), "Correct the stock")]
        }
        AttentionKind::FailedEmail => {
            vec![post(format!("/v1/ops/emails/{id}/resend"), "Send it again")]
        }
        AttentionKind::FailedRefund => {
            vec![post(format!("/v1/payments/{about}/refunds"), "Refund again")]
        }
        AttentionKind::Dispute => vec![
            get(format!("/v1/disputes/{id}"), "Read the dispute; answer it in Stripe's dashboard"),
            cancel(),
        ],
        AttentionKind::FraudWarning => vec![
            post(format!("/v1/orders/{about}/release-hold"), "Release the order to be shipped"),
            cancel(),
        ],
        AttentionKind::RequestedReturn => vec![
            get(format!("/v1/returns/{id}"), "Read what the buyer sends back, and why"),
            post(format!("/v1/returns/{id}/approve"), "Let the buyer send it back"),
            post(format!("/v1/returns/{id}/reject"), "Reject it, with the reason"),
        ],
        AttentionKind::RefundedOrder => vec![
            cancel(),
            get(
                format!("/v1/orders/{about}/payments"),
                "If a part was shipped: refund the other pieces, by lines, which takes them out for nothing",
            ),
        ],
        AttentionKind::DeadLetters => vec![
            get(
                "/v1/ops/dead-letters".to_owned(),
                "Read the messages; one that is of no use can be discarded",
            ),
            post("/v1/ops/dead-letters/redrive".to_owned(), "Send them back to their queues"),
        ],
    };
    if kind.can_be_acknowledged() {
        let path = format!("/v1/ops/attention/{}/{id}/acknowledge", kind.name());
        actions.push(post(path, "Acknowledge it: nothing else has to be done"));
    }
    actions
}

/// As a segment of a path.
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_characters_is_one_segment_of_a_path() {
        assert_eq!(segment("payment_differs:pi_1"), "payment_differs:pi_1");
        assert_eq!(segment("a/b ?ä"), "a%2Fb%20%3F%C3%A4");
    }

    #[test]
    fn what_can_be_acknowledged_says_so_last() {
        let event = actions(AttentionKind::ParkedStripeEvent, "evt_1", None);
        assert_eq!(
            event.last().unwrap().path,
            "/v1/ops/attention/parked_stripe_event/evt_1/acknowledge"
        );
        let warning = actions(AttentionKind::FraudWarning, "fw_1", Some("ord_1"));
        let paths: Vec<_> = warning.into_iter().map(|action| action.path).collect();
        assert_eq!(paths, ["/v1/orders/ord_1/release-hold", "/v1/orders/ord_1/cancel"]);
    }
}
