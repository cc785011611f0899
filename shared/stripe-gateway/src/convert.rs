//! From objects in Stripe's responses to updates of the domain.

use crate::client::StripeFailure;
use crate::metadata::{PAYMENT_ID, REFUND_ID};
use domain::money::{Currency, Money};
use domain::payments::refund::{RefundStatus, RefundUpdate};
use domain::payments::{PaymentUpdate, Status};
use stripe_shared::{PaymentIntent, Refund};
use time::OffsetDateTime;

pub(crate) fn stripe_currency(currency: Currency) -> stripe_types::Currency {
    let Ok(currency) = currency.code().to_ascii_lowercase().parse();
    currency
}

/// The state of the payment. Dated with the intent's creation, so that every event about it counts as newer.
pub(crate) fn payment_update(intent: &PaymentIntent) -> Result<PaymentUpdate, StripeFailure> {
    let invalid = |what: &str| StripeFailure::InvalidResponse(format!("{what} of {}", intent.id));
    let currency = Currency::from_code(&intent.currency.to_string().to_ascii_uppercase());
    let amount =
        Money { minor: intent.amount, currency: currency.ok_or_else(|| invalid("currency"))? };
    let status = Status::from_name(intent.status.as_str()).ok_or_else(|| invalid("status"))?;
    let at = OffsetDateTime::from_unix_timestamp(intent.created);
    Ok(PaymentUpdate {
        provider: Some(intent.id.to_string()),
        session: None,
        payment: intent.metadata.get(PAYMENT_ID).and_then(|id| id.parse().ok()),
        status,
        amount,
        at: at.map_err(|_| invalid("time"))?,
    })
}

/// The state of the refund. Dated with its creation, so that every event about it counts as newer. `intent` is Stripe's
/// id of its PaymentIntent.
pub(crate) fn refund_update(
    refund: &Refund,
    intent: String,
) -> Result<RefundUpdate, StripeFailure> {
    let invalid = |what: &str| StripeFailure::InvalidResponse(format!("{what} of {}", refund.id));
    let status = RefundStatus::from_name(refund.status.as_deref().unwrap_or("succeeded"));
    let currency = Currency::from_code(&refund.currency.to_string().to_ascii_uppercase());
    let at = OffsetDateTime::from_unix_timestamp(refund.created);
    Ok(RefundUpdate {
        provider: refund.id.to_string(),
        intent,
        refund: our_refund_id(refund).and_then(|id| id.parse().ok()),
        status: status.ok_or_else(|| invalid("status"))?,
        amount: Money {
            minor: refund.amount,
            currency: currency.ok_or_else(|| invalid("currency"))?,
        },
        at: at.map_err(|_| invalid("time"))?,
    })
}

/// Our id of the refund, from its metadata.
pub(crate) fn our_refund_id(refund: &Refund) -> Option<&str> {
    refund.metadata.as_ref()?.get(REFUND_ID).map(String::as_str)
}
