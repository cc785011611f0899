//! Texts and formats that the templates use.

use domain::ordering::{CancelReason, Order};
use domain::payments::dispute::{Dispute, DisputeStatus};
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

pub(crate) fn reason(order: &Order) -> &'static str {
    match order.cancel_reason {
        Some(CancelReason::Requested) => "You asked us to cancel it.",
        Some(CancelReason::Expired) => "The payment did not arrive in time.",
        Some(CancelReason::PaymentCanceled) => "Its payment was cancelled.",
        None => "It can no longer be fulfilled.",
    }
}

/// What the status of a dispute means for the shop.
pub(crate) fn dispute(dispute: &Dispute) -> &'static str {
    match dispute.case.status {
        DisputeStatus::WarningNeedsResponse | DisputeStatus::WarningUnderReview => {
            "The bank only asks so far, and a refund settles it. The order is on hold until then."
        }
        DisputeStatus::NeedsResponse | DisputeStatus::UnderReview => {
            "The bank has taken it back until it decides. The order is on hold, and cannot be refunded."
        }
        DisputeStatus::WarningClosed | DisputeStatus::Prevented | DisputeStatus::Won => {
            "It is settled by now, and the money stays with us. The order is no longer on hold."
        }
        DisputeStatus::Lost => {
            "The bank has decided for the buyer: the money is gone, and the order stays on hold."
        }
    }
}

/// The deadline for the shop's evidence; `None` if the bank does not wait for it.
pub(crate) fn answer_by(dispute: &Dispute) -> Option<String> {
    let needs_response = matches!(
        dispute.case.status,
        DisputeStatus::WarningNeedsResponse | DisputeStatus::NeedsResponse
    );
    dispute.case.evidence_due.filter(|_| needs_response).as_ref().map(when)
}
