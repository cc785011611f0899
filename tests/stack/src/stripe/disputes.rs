//! Disputes: the customer reclaims a payment through the bank.

use super::{
    ApiError,
    state::{State, new_id, now},
};
use serde_json::{Map, Value, json};

/// How the bank decides a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeOutcome {
    /// The shop keeps the money.
    Won,
    /// The customer keeps the money.
    Lost,
}

pub(super) struct Dispute {
    amount: i64,
    charge: String,
    created: i64,
    currency: String,
    has_evidence: bool,
    id: String,
    intent: String,
    reason: String,
    status: &'static str,
}

impl State {
    pub(super) fn open_dispute(&mut self, intent: &str, reason: &str) -> Result<Value, ApiError> {
        let intent = self.intent(intent)?;
        let charge = self
            .successful_charge(intent)
            .ok_or_else(|| ApiError::invalid("Only a payment that succeeded can be disputed."))?;
        if charge.disputed {
            return Err(ApiError::invalid("This payment has been disputed already."));
        }
        let dispute = Dispute {
            amount: charge.unrefunded(),
            charge: charge.id.clone(),
            created: now(),
            currency: charge.currency().to_owned(),
            has_evidence: false,
            id: new_id("dp"),
            intent: charge.intent.clone(),
            reason: reason.to_owned(),
            status: "needs_response",
        };
        let (id, charge) = (dispute.id.clone(), dispute.charge.clone());
        if let Some(charge) = self.charges.get_mut(&charge) {
            charge.disputed = true;
        }
        self.disputes.insert(&id, dispute);
        self.emit_dispute("created", &id);
        self.emit_dispute("funds_withdrawn", &id);
        self.show_dispute(&id)
    }

    /// The shop submits evidence, which the bank reviews.
    pub(super) fn submit_evidence(&mut self, id: &str) -> Result<Value, ApiError> {
        let dispute = self.open_dispute_mut(id)?;
        dispute.status = "under_review";
        dispute.has_evidence = true;
        self.emit_dispute("updated", id);
        self.show_dispute(id)
    }

    pub(super) fn close_dispute(
        &mut self,
        id: &str,
        outcome: DisputeOutcome,
    ) -> Result<Value, ApiError> {
        let dispute = self.open_dispute_mut(id)?;
        if outcome == DisputeOutcome::Lost {
            dispute.status = "lost";
        } else {
            dispute.status = "won";
            let charge = dispute.charge.clone();
            if let Some(charge) = self.charges.get_mut(&charge) {
                charge.disputed = false;
            }
        }
        self.emit_dispute("closed", id);
        if outcome == DisputeOutcome::Won {
            self.emit_dispute("funds_reinstated", id);
        }
        self.show_dispute(id)
    }

    pub(super) fn show_dispute(&self, id: &str) -> Result<Value, ApiError> {
        let dispute = self.disputes.get(id).map(Dispute::json);
        dispute.ok_or_else(|| no_such_dispute(id))
    }

    fn open_dispute_mut(&mut self, id: &str) -> Result<&mut Dispute, ApiError> {
        let dispute = self.disputes.get_mut(id);
        let dispute = dispute.ok_or_else(|| no_such_dispute(id))?;
        if matches!(dispute.status, "won" | "lost") {
            return Err(ApiError::invalid("This dispute is closed."));
        }
        Ok(dispute)
    }

    fn emit_dispute(&mut self, what: &str, id: &str) {
        if let Ok(json) = self.show_dispute(id) {
            self.emit(&format!("charge.dispute.{what}"), json);
        }
    }
}

fn no_such_dispute(id: &str) -> ApiError {
    ApiError::no_such("dispute", id).param("id")
}

/// The kinds of evidence. The API names all of them, even if they are empty.
const EVIDENCE: [&str; 27] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

impl Dispute {
    pub(super) fn json(&self) -> Value {
        let empty = EVIDENCE.map(|name| (name.to_owned(), Value::Null));
        let mut evidence: Map<_, _> = empty.into_iter().collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": [],
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.created + 7 * 86_400,
                "enhanced_eligibility": {},
                "has_evidence": self.has_evidence,
                "past_due": false,
                "submission_count": i32::from(self.has_evidence),
            },
            "is_charge_refundable": false,
            "livemode": false,
            "metadata": {},
            "network_reason_code": null,
            "payment_intent": self.intent,
            "payment_method_details": null,
            "reason": self.reason,
            "status": self.status,
        })
    }
}
