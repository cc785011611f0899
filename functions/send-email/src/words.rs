//! How templates put things that are more than a name or a number.

use domain::ordering::{CancelReason, Order};
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
