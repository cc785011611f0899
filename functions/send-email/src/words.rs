//! How templates put things that are more than a name or a number.

use domain::ordering::{CancelReason, Order};
use domain::payment::dispute::{Dispute, DisputeStatus};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// A second line in a subject would be a header of its own.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A time as people write it.
pub(crate) fn when(at: &OffsetDateTime) -> String {
    let form =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.to_offset(UtcOffset::UTC).format(form).unwrap_or_else(|_| at.to_string())
}

/// The beginning of an hour that is counted from the epoch.
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

/// What a dispute means for the shop by now.
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

/// Until when the bank waits for our side of a dispute.
pub(crate) fn answer_by(dispute: &Dispute) -> Option<String> {
    let waits = matches!(
        dispute.case.status,
        DisputeStatus::WarningNeedsResponse | DisputeStatus::NeedsResponse
    );
    dispute.case.evidence_due.filter(|_| waits).as_ref().map(when)
}
