//! What the mails say. The words lie in `templates`, one folder for each mail.

use askama::Template;
use domain::id::OrderId;
use domain::ordering::{CancelReason, Order};
use domain::outbox::Event;
use time::macros::format_description;

/// A mail, but for whom it is from and to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why somebody is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    Received,
    Confirmed,
    Cancelled,
    Refunded,
}

impl Occasion {
    /// Why, and about which order.
    pub(crate) fn of(event: Event) -> Option<(Self, OrderId)> {
        match event {
            Event::OrderPlaced { order } => Some((Self::Received, order)),
            Event::OrderConfirmed { order } => Some((Self::Confirmed, order)),
            Event::OrderCancelled { order } => Some((Self::Cancelled, order)),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Received => "order_received",
            Self::Confirmed => "order_confirmed",
            Self::Cancelled => "order_cancelled",
            Self::Refunded => "refund_issued",
        }
    }

    pub(crate) fn write(self, order: &Order) -> askama::Result<Letter> {
        match self {
            Self::Received => order_received(order),
            Self::Confirmed => order_confirmed(order),
            Self::Cancelled => order_cancelled(order),
            Self::Refunded => refund_issued(order),
        }
    }
}

/// A mail is three templates that see the order as `order`.
macro_rules! mail {
    ($name:ident, $subject:literal, $text:literal, $html:literal) => {
        fn $name(order: &Order) -> askama::Result<Letter> {
            #[derive(Template)]
            #[template(path = $subject)]
            struct Subject<'a> {
                order: &'a Order,
            }
            #[derive(Template)]
            #[template(path = $text)]
            struct Text<'a> {
                order: &'a Order,
            }
            #[derive(Template)]
            #[template(path = $html)]
            struct Html<'a> {
                order: &'a Order,
            }
            Ok(Letter {
                subject: one_line(&Subject { order }.render()?),
                text: Text { order }.render()?,
                html: Html { order }.render()?,
            })
        }
    };
}

mail!(
    order_received,
    "order_received/subject.txt",
    "order_received/body.txt",
    "order_received/body.html"
);
mail!(
    order_confirmed,
    "order_confirmed/subject.txt",
    "order_confirmed/body.txt",
    "order_confirmed/body.html"
);
mail!(
    order_cancelled,
    "order_cancelled/subject.txt",
    "order_cancelled/body.txt",
    "order_cancelled/body.html"
);

mail!(
    refund_issued,
    "refund_issued/subject.txt",
    "refund_issued/body.txt",
    "refund_issued/body.html"
);

/// A second line in a subject would be a header of its own.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Until when the goods are held, as people write it.
fn held_until(order: &Order) -> Option<String> {
    let form =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    order.expires_at?.to_offset(time::UtcOffset::UTC).format(form).ok()
}

fn reason(order: &Order) -> &'static str {
    match order.cancel_reason {
        Some(CancelReason::Requested) => "You asked us to cancel it.",
        Some(CancelReason::Expired) => "The payment did not arrive in time.",
        Some(CancelReason::PaymentCanceled) => "Its payment was cancelled.",
        None => "It can no longer be fulfilled.",
    }
}

#[cfg(test)]
mod tests;
