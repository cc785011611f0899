//! Texts and formats that the templates use.

use domain::operations::{AttentionKind, Waiting};
use domain::ordering::{CancelReason, Order};
use domain::payments::dispute::{Dispute, DisputeStatus};
use domain::payments::fraud_warning::{FraudWarning, FraudWarningKind};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// Replaces line breaks and control characters by spaces: a line break in a subject could start another header.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A time in UTC: `5 December 2026, 23:59 UTC`.
pub(crate) fn when(at: &OffsetDateTime) -> String {
    let format =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.to_offset(UtcOffset::UTC).format(format).unwrap_or_else(|_| at.to_string())
}

/// The start of an hour, given in hours since the Unix epoch.
pub(crate) fn since(hour: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(hour.saturating_mul(3600));
    at.map_or_else(|_| format!("hour {hour}"), |at| when(&at))
}

/// How much waits for a person, of all kinds.
pub(crate) fn total(waiting: &Waiting) -> i64 {
    waiting.counts.iter().map(|(_, count)| count).sum()
}

/// The kind of what waits for a person, after how many of it do.
pub(crate) fn waiting((kind, count): &(AttentionKind, i64)) -> &'static str {
    let (one, more) = match kind {
        AttentionKind::ParkedStripeEvent => (
            "event of Stripe's that could not be applied",
            "events of Stripe's that could not be applied",
        ),
        AttentionKind::ReconciliationFinding => {
            ("difference between the shop and Stripe", "differences between the shop and Stripe")
        }
        AttentionKind::StockDiscrepancy => {
            ("count that does not fit the stock", "counts that do not fit the stock")
        }
        AttentionKind::FailedEmail => ("email that was rejected", "emails that were rejected"),
        AttentionKind::FailedRefund => ("refund that failed", "refunds that failed"),
        AttentionKind::Dispute => ("dispute to answer or to end", "disputes to answer or to end"),
        AttentionKind::FraudWarning => {
            ("order on hold that may be fraud", "orders on hold that may be fraud")
        }
        AttentionKind::RequestedReturn => {
            ("return to approve or to reject", "returns to approve or to reject")
        }
        AttentionKind::RefundedOrder => {
            ("refunded order that is not cancelled", "refunded orders that are not cancelled")
        }
        AttentionKind::DeadLetters => ("dead letter", "dead letters"),
    };
    if *count == 1 { one } else { more }
}

pub(crate) fn reason(order: &Order) -> &'static str {
    match order.cancel_reason {
        Some(CancelReason::Requested) => "You asked us to cancel it.",
        Some(CancelReason::Expired) => "The payment did not arrive in time.",
        Some(CancelReason::PaymentCanceled) => "Its payment was cancelled.",
        Some(CancelReason::Underpaid) => "Your payment was less than its total.",
        None => "It can no longer be fulfilled.",
    }
}

/// What the buyer can do after a failed attempt to pay, by <https://docs.stripe.com/declines/codes>.
pub(crate) fn after_decline(code: Option<&str>) -> &'static str {
    match code {
        Some(
            "insufficient_funds" | "withdrawal_count_limit_exceeded" | "card_velocity_exceeded",
        ) => {
            "There was not enough money, or a limit was reached. Your order is still here: please try again with another card or another way to pay."
        }
        Some("expired_card") => {
            "The card has expired. Your order is still here: please try again with another card or another way to pay."
        }
        Some(
            "incorrect_cvc"
            | "invalid_cvc"
            | "incorrect_number"
            | "invalid_number"
            | "incorrect_zip"
            | "invalid_expiry_month"
            | "invalid_expiry_year",
        ) => {
            "The card's data were not right. Your order is still here: please check the number, the date and the code, and try again."
        }
        Some("authentication_required" | "payment_intent_authentication_failure") => {
            "Your bank wants you to confirm the payment. Your order is still here: please try again, and confirm it when your bank asks."
        }
        Some(
            "processing_error" | "try_again_later" | "issuer_not_available" | "reenter_transaction",
        ) => {
            "The bank could not answer just then. Your order is still here: please try again in a few minutes."
        }
        Some(_) => {
            "Your bank declined it, and only your bank can say why. Your order is still here: please try again with another card or another way to pay."
        }
        None => {
            "Your order is still here: please try again, with the same card or another way to pay."
        }
    }
}

/// What a fraud warning means, and what staff can do about it.
pub(crate) fn fraud_warning(warning: &FraudWarning) -> &'static str {
    match warning.kind {
        FraudWarningKind::EarlyFraudWarning => {
            "The bank that issued the card reports the payment as fraud. A refund now avoids a dispute and its fee."
        }
        FraudWarningKind::Review => {
            "The payment is under review: please approve or refund it in Stripe's dashboard."
        }
    }
}

/// What the status of a dispute means for the shop.
pub(crate) fn dispute(dispute: &Dispute) -> &'static str {
    match &dispute.case.status {
        DisputeStatus::WarningNeedsResponse | DisputeStatus::WarningUnderReview => {
            "The bank only asks so far, and a refund settles it. The order is on hold until then."
        }
        DisputeStatus::NeedsResponse | DisputeStatus::UnderReview => {
            "The bank has taken it back until it decides. The order is on hold, and this money cannot be refunded."
        }
        DisputeStatus::AppealNeedsResponse | DisputeStatus::AppealUnderReview => {
            "The bank's decision is appealed. The order is on hold until it decides again."
        }
        DisputeStatus::WarningClosed | DisputeStatus::Prevented | DisputeStatus::Won => {
            "It is settled by now, and the money stays with us. The order is no longer on hold."
        }
        DisputeStatus::Lost => {
            "The bank has decided for the buyer: the money is gone, and the order stays on hold."
        }
        DisputeStatus::Other(_) => {
            "How it stands is said in Stripe's dashboard only. The order is on hold until it is settled."
        }
    }
}

/// The deadline for the shop's evidence; `None` if the bank does not wait for it.
pub(crate) fn answer_by(dispute: &Dispute) -> Option<String> {
    let needs_response = matches!(
        &dispute.case.status,
        DisputeStatus::WarningNeedsResponse
            | DisputeStatus::NeedsResponse
            | DisputeStatus::AppealNeedsResponse
    );
    dispute.case.evidence_due.filter(|_| needs_response).as_ref().map(when)
}
