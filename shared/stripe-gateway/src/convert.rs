//! From objects in Stripe's responses to updates of the domain.

use crate::client::Mode;
use crate::failure::StripeFailure;
use crate::metadata::{PAYMENT_ID, REFUND_ID};
use domain::money::{Currency, Money};
use domain::payments::dispute::{Case, DisputeStatus, DisputeUpdate, MovedFunds};
use domain::payments::refund::{RefundStatus, RefundUpdate};
use domain::payments::{Awaited, PaymentUpdate, Status};
use stripe_shared::{ApiErrors, Dispute, PaymentIntent, PaymentIntentNextAction, Refund};
use time::OffsetDateTime;

pub(crate) fn stripe_currency(currency: Currency) -> stripe_types::Currency {
    let Ok(currency) = currency.code().to_ascii_lowercase().parse();
    currency
}

/// The state of the payment. Dated with the intent's creation, so that every event about it counts as newer. Of a payment
/// that succeeded the amount is what was received. Errs if the intent is of the other mode.
pub(crate) fn payment_update(
    intent: &PaymentIntent,
    mode: Mode,
) -> Result<PaymentUpdate, StripeFailure> {
    mode.check(intent.livemode, intent.id.as_str())?;
    let invalid = |what: &str| StripeFailure::InvalidResponse(format!("{what} of {}", intent.id));
    let currency = Currency::from_code(&intent.currency.to_string().to_ascii_uppercase());
    let status = Status::from_name(intent.status.as_str()).ok_or_else(|| invalid("status"))?;
    let minor = if status == Status::Succeeded { intent.amount_received } else { intent.amount };
    let amount = Money { minor, currency: currency.ok_or_else(|| invalid("currency"))? };
    let at = OffsetDateTime::from_unix_timestamp(intent.created);
    Ok(PaymentUpdate {
        provider: Some(intent.id.to_string()),
        session: None,
        payment: intent.metadata.get(PAYMENT_ID).and_then(|id| id.parse().ok()),
        status,
        amount,
        decline_code: intent.last_payment_error.as_deref().and_then(decline_code),
        waits_for: intent.next_action.as_ref().and_then(awaited),
        at: at.map_err(|_| invalid("time"))?,
    })
}

/// The voucher or Pix code that the buyer got, if it is one.
fn awaited(action: &PaymentIntentNextAction) -> Option<Awaited> {
    let boleto = || action.boleto_display_details.as_ref()?.expires_at;
    let konbini = || Some(action.konbini_display_details.as_ref()?.expires_at);
    let multibanco = || action.multibanco_display_details.as_ref()?.expires_at;
    let oxxo = || action.oxxo_display_details.as_ref()?.expires_after;
    let pix = || action.pix_display_qr_code.as_ref()?.expires_at;
    let time = |second| OffsetDateTime::from_unix_timestamp(second).ok();
    let voucher = boleto().or_else(konbini).or_else(multibanco).or_else(oxxo);
    voucher.map_or_else(
        || pix().and_then(time).map(Awaited::Code),
        |until| time(until).map(Awaited::Voucher),
    )
}

/// Why an attempt to pay failed: the bank's decline code, or else Stripe's error code.
fn decline_code(error: &ApiErrors) -> Option<String> {
    let code = error.code.as_ref().map(|code| code.as_str().to_owned());
    error.decline_code.clone().or(code)
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
        failure_reason: refund.failure_reason.clone(),
        pending_reason: refund.pending_reason.as_ref().map(|reason| reason.as_str().to_owned()),
        at: at.map_err(|_| invalid("time"))?,
    })
}

/// The state of the dispute, dated with its creation. `intent` is Stripe's id of its PaymentIntent. Errs if it is of the
/// other mode.
pub(crate) fn dispute_update(
    dispute: &Dispute,
    intent: String,
    mode: Mode,
) -> Result<DisputeUpdate, StripeFailure> {
    mode.check(dispute.livemode, dispute.id.as_str())?;
    let invalid = |what: &str| StripeFailure::InvalidResponse(format!("{what} of {}", dispute.id));
    let currency = Currency::from_code(&dispute.currency.to_string().to_ascii_uppercase());
    let currency = currency.ok_or_else(|| invalid("currency"))?;
    let time = |second| OffsetDateTime::from_unix_timestamp(second).map_err(|_| invalid("time"));
    // Stripe's own name for disputes without a specific reason.
    let reason = if dispute.reason.is_empty() { "general" } else { &dispute.reason };
    // Zero if the bank does not wait for an answer.
    let due = dispute.evidence_details.due_by.filter(|due| *due > 0);
    Ok(DisputeUpdate {
        provider: dispute.id.to_string(),
        intent,
        case: Case {
            status: DisputeStatus::from_name(dispute.status.as_str()),
            amount: Money { minor: dispute.amount, currency },
            reason: reason.to_owned(),
            evidence_due: due.map(time).transpose()?,
        },
        at: time(dispute.created)?,
        funds: MovedFunds::from_balance(dispute.balance_transactions.iter().map(|one| one.amount)),
    })
}

/// Our id of the refund, from its metadata.
pub(crate) fn our_refund_id(refund: &Refund) -> Option<&str> {
    refund.metadata.as_ref()?.get(REFUND_ID).map(String::as_str)
}
