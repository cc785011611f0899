//! Refunds: at most the captured amount in total. A refund may still fail after it was created.

use super::{
    ApiError,
    amounts::check_step,
    cards::Card,
    form::{Form, Metadata},
    state::{State, new_id},
};
use serde_json::{Value, json};

/// The status of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
}

impl RefundStatus {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the money was returned or is on its way.
    pub(super) fn counts(self) -> bool {
        !matches!(self, Self::Failed | Self::Canceled)
    }
}

pub(super) struct Refund {
    pub(super) amount: i64,
    pub(super) intent: String,
    pub(super) status: RefundStatus,
    pub(super) livemode: bool,
    id: String,
    balance_transaction: String,
    charge: String,
    created: i64,
    currency: String,
    metadata: Metadata,
    payment_method: &'static str,
    reason: Option<String>,
}

impl State {
    pub(super) fn create_refund(&mut self, form: &Form) -> Result<Value, ApiError> {
        let reasons = ["duplicate", "fraudulent", "requested_by_customer"];
        let reason = form.one_of("reason", &reasons)?;
        let wanted = form.amount("amount")?;
        let metadata = form.metadata()?;
        let charge = self.charge_to_refund(form)?;
        let left = charge.unrefunded();
        let amount = wanted.unwrap_or(left);
        if charge.withdrawn > 0 && left == 0 {
            let id = &charge.id;
            let message = format!("Charge {id} has been charged back; cannot issue a refund.");
            return Err(ApiError::invalid(message).code("charge_disputed"));
        }
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(ApiError::invalid(message).code("charge_already_refunded"));
        }
        check_step(amount, charge.currency(), "amount")?;
        if amount > left {
            let message = format!(
                "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            );
            return Err(ApiError::invalid(message).code("amount_too_large").param("amount"));
        }
        let refund = Refund {
            id: new_id("re"),
            amount,
            intent: charge.intent.clone(),
            status: match charge.card {
                Card::PendingRefund => RefundStatus::Pending,
                _ => RefundStatus::Succeeded,
            },
            balance_transaction: new_id("txn"),
            charge: charge.id.clone(),
            created: self.clock.now(),
            livemode: charge.livemode,
            currency: charge.currency().to_owned(),
            metadata,
            payment_method: charge.card.token(),
            reason,
        };
        let (json, charge) = (refund.json(), refund.charge.clone());
        let id = refund.id.clone();
        self.refunds.insert(&id, refund);
        if let Some(charge) = self.charges.get_mut(&charge) {
            charge.refunded += amount;
        }
        self.emit("refund.created", json.clone());
        self.emit_charge("charge.refunded", &charge);
        Ok(json)
    }

    fn charge_to_refund(&self, form: &Form) -> Result<&super::charges::Charge, ApiError> {
        let no_charge = || {
            let message = "This PaymentIntent does not have a successful charge to refund.";
            ApiError::invalid(message).code("charge_not_refundable")
        };
        if let Some(id) = form.text("charge") {
            let charge = self.charges.get(id);
            let charge = charge.ok_or_else(|| ApiError::no_such("charge", id).param("charge"))?;
            return charge.is_paid().then_some(charge).ok_or_else(no_charge);
        }
        let intent = self.intent(form.required("payment_intent")?)?;
        self.successful_charge(intent).ok_or_else(no_charge)
    }

    pub(super) fn describe_refund(&mut self, id: &str, form: &Form) -> Result<Value, ApiError> {
        let refund = self.refunds.get_mut(id);
        let refund = refund.ok_or_else(|| ApiError::no_such("refund", id).param("id"))?;
        form.write_metadata(&mut refund.metadata)?;
        let json = refund.json();
        self.emit("refund.updated", json.clone());
        Ok(json)
    }

    /// Changes the status. A refund that has failed or was cancelled does not change any more.
    pub(super) fn update_refund(
        &mut self,
        id: &str,
        status: RefundStatus,
    ) -> Result<Value, ApiError> {
        let refund = self.refunds.get_mut(id);
        let refund = refund.ok_or_else(|| ApiError::no_such("refund", id).param("id"))?;
        if !refund.status.counts() {
            let is = refund.status.as_str();
            return Err(ApiError::invalid(format!("This refund is {is} for good.")));
        }
        refund.status = status;
        let (json, charge, amount) = (refund.json(), refund.charge.clone(), refund.amount);
        if !status.counts()
            && let Some(charge) = self.charges.get_mut(&charge)
        {
            charge.refunded -= amount;
        }
        self.emit("refund.updated", json.clone());
        if status == RefundStatus::Failed {
            self.emit("refund.failed", json.clone());
        }
        Ok(json)
    }
}

impl Refund {
    pub(super) fn is_of(&self, form: &Form) -> bool {
        let is = |key, id: &str| form.text(key).is_none_or(|wanted| wanted == id);
        is("payment_intent", &self.intent) && is("charge", &self.charge)
    }

    pub(super) fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "destination_details": {
                "type": "card",
                "card": {
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
            },
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "payment_method": self.payment_method,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status.as_str(),
            "transfer_reversal": null,
        });
        if self.status == RefundStatus::Pending {
            json["pending_reason"] = "processing".into();
        }
        if self.status == RefundStatus::Failed {
            json["failure_reason"] = "expired_or_canceled_card".into();
            json["failure_balance_transaction"] =
                format!("{}_failure", self.balance_transaction).into();
        }
        json
    }
}
