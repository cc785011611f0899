//! Disputes: the customer reclaims a payment through the bank.

use super::{
    ApiError,
    form::{Form, Metadata},
    state::{State, new_id, page},
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

/// How a dispute begins.
#[derive(Clone, Copy, Debug)]
pub struct DisputeOptions<'a> {
    /// In minor units; without it, all that is not refunded.
    pub amount: Option<i64>,
    /// Such as `needs_response` or, for an inquiry, `warning_needs_response`.
    pub status: &'static str,
    /// In seconds since the epoch; 0 if no answer is possible, and a week from now without it.
    pub due_by: Option<i64>,
    /// Such as `fraudulent`.
    pub reason: &'a str,
}

impl Default for DisputeOptions<'_> {
    fn default() -> Self {
        Self { amount: None, status: "needs_response", due_by: None, reason: "fraudulent" }
    }
}

pub(super) struct Dispute {
    amount: i64,
    brand: &'static str,
    charge: String,
    created: i64,
    currency: String,
    due_by: i64,
    has_evidence: bool,
    id: String,
    intent: String,
    pub(super) livemode: bool,
    metadata: Metadata,
    /// What was withdrawn, negative, and reinstated, with the seconds at which it was.
    movements: Vec<(i64, i64)>,
    reason: String,
    status: String,
}

impl State {
    pub(super) fn open_dispute(
        &mut self,
        intent: &str,
        options: DisputeOptions<'_>,
    ) -> Result<Value, ApiError> {
        let now = self.clock.now();
        let intent = self.intent(intent)?;
        let charge = self
            .successful_charge(intent)
            .ok_or_else(|| ApiError::invalid("Only a payment that succeeded can be disputed."))?;
        if charge.disputed {
            return Err(ApiError::invalid("This payment has been disputed already."));
        }
        let mut dispute = Dispute {
            amount: options.amount.unwrap_or_else(|| charge.unrefunded()),
            brand: charge.card.brand().0,
            charge: charge.id.clone(),
            created: now,
            currency: charge.currency().to_owned(),
            due_by: options.due_by.unwrap_or(now + 7 * 86_400),
            has_evidence: false,
            id: new_id("dp"),
            intent: charge.intent.clone(),
            livemode: charge.livemode,
            metadata: Metadata::new(),
            movements: Vec::new(),
            reason: options.reason.to_owned(),
            status: options.status.to_owned(),
        };
        let (id, charge) = (dispute.id.clone(), dispute.charge.clone());
        let withdrawn = dispute.withdrawn();
        dispute.move_funds(-withdrawn, now);
        if let Some(charge) = self.charges.get_mut(&charge) {
            charge.disputed = true;
            charge.withdrawn += withdrawn;
        }
        self.disputes.insert(&id, dispute);
        self.emit_dispute("created", &id);
        if withdrawn > 0 {
            self.emit_dispute("funds_withdrawn", &id);
        }
        self.show_dispute(&id)
    }

    /// The shop submits evidence, which the bank reviews.
    pub(super) fn submit_evidence(&mut self, id: &str) -> Result<Value, ApiError> {
        let dispute = self.open_dispute_mut(id)?;
        "under_review".clone_into(&mut dispute.status);
        dispute.has_evidence = true;
        self.emit_dispute("updated", id);
        self.show_dispute(id)
    }

    /// An update through the API.
    pub(super) fn submit(&mut self, id: &str, form: &Form) -> Result<Value, ApiError> {
        let dispute = self.open_dispute_mut(id)?;
        form.write_metadata(&mut dispute.metadata)?;
        if form.flag("submit") { self.submit_evidence(id) } else { self.show_dispute(id) }
    }

    pub(super) fn close_dispute(
        &mut self,
        id: &str,
        outcome: DisputeOutcome,
    ) -> Result<Value, ApiError> {
        self.open_dispute_mut(id)?;
        self.change_status(id, if outcome == DisputeOutcome::Won { "won" } else { "lost" })?;
        self.emit_dispute("closed", id);
        if outcome == DisputeOutcome::Won {
            self.emit_dispute("funds_reinstated", id);
        }
        self.show_dispute(id)
    }

    pub(super) fn set_dispute_status(&mut self, id: &str, status: &str) -> Result<Value, ApiError> {
        self.change_status(id, status)?;
        let is_closed = matches!(status, "won" | "lost" | "warning_closed" | "prevented");
        self.emit_dispute(if is_closed { "closed" } else { "updated" }, id);
        self.show_dispute(id)
    }

    fn change_status(&mut self, id: &str, status: &str) -> Result<(), ApiError> {
        let now = self.clock.now();
        let dispute = self.disputes.get_mut(id).ok_or_else(|| no_such_dispute(id))?;
        let before = dispute.withdrawn();
        status.clone_into(&mut dispute.status);
        let withdrawn = dispute.withdrawn() - before;
        dispute.move_funds(-withdrawn, now);
        if let Some(charge) = self.charges.get_mut(&dispute.charge) {
            charge.disputed = status != "won";
            charge.withdrawn += withdrawn;
        }
        Ok(())
    }

    pub(super) fn list_disputes(&self, form: &Form) -> Result<Value, ApiError> {
        let disputes = self.disputes.iter().filter(|dispute| dispute.is_of(form));
        page("/v1/disputes", disputes.map(Dispute::json), form)
    }

    pub(super) fn show_dispute(&self, id: &str) -> Result<Value, ApiError> {
        let dispute = self.disputes.get(id).map(Dispute::json);
        dispute.ok_or_else(|| no_such_dispute(id))
    }

    fn open_dispute_mut(&mut self, id: &str) -> Result<&mut Dispute, ApiError> {
        let dispute = self.disputes.get_mut(id);
        let dispute = dispute.ok_or_else(|| no_such_dispute(id))?;
        if matches!(dispute.status.as_str(), "won" | "lost") {
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
    /// The amount that is taken from the shop: nothing by an inquiry, and nothing if the shop has won.
    fn withdrawn(&self) -> i64 {
        let is_withdrawn = !self.status.starts_with("warning_")
            && !matches!(self.status.as_str(), "won" | "prevented");
        if is_withdrawn { self.amount } else { 0 }
    }

    /// Stripe shows two movements at most.
    fn move_funds(&mut self, amount: i64, now: i64) {
        if amount != 0 && self.movements.len() < 2 {
            self.movements.push((amount, now));
        }
    }

    /// The movements of the disputed money, as Stripe's balance has them.
    fn balance_transactions(&self) -> Vec<Value> {
        let transaction = |(number, &(amount, at)): (usize, &(i64, i64))| {
            let category = if amount < 0 { "dispute" } else { "dispute_reversal" };
            json!({
                "id": format!("txn_{}{number}", self.id),
                "object": "balance_transaction",
                "amount": amount,
                "available_on": at,
                "balance_type": "payments",
                "created": at,
                "currency": self.currency,
                "description": null,
                "exchange_rate": null,
                "fee": 0,
                "fee_details": [],
                "net": amount,
                "reporting_category": category,
                "source": self.id,
                "status": "available",
                "type": "adjustment",
            })
        };
        self.movements.iter().enumerate().map(transaction).collect()
    }

    fn is_of(&self, form: &Form) -> bool {
        let is = |key, id: &str| form.text(key).is_none_or(|wanted| wanted == id);
        is("payment_intent", &self.intent) && is("charge", &self.charge)
    }

    pub(super) fn json(&self) -> Value {
        let is_inquiry = self.status.starts_with("warning_");
        let empty = EVIDENCE.map(|name| (name.to_owned(), Value::Null));
        let mut evidence: Map<_, _> = empty.into_iter().collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": self.balance_transactions(),
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.due_by,
                "enhanced_eligibility": {},
                "has_evidence": self.has_evidence,
                "past_due": false,
                "submission_count": i32::from(self.has_evidence),
            },
            "is_charge_refundable": self.withdrawn() == 0,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "network_reason_code": "4853",
            "payment_intent": self.intent,
            "payment_method_details": {
                "type": "card",
                "card": {
                    "brand": self.brand,
                    "case_type": if is_inquiry { "inquiry" } else { "chargeback" },
                    "network": self.brand,
                    "network_reason_code": "4853",
                },
            },
            "reason": self.reason,
            "status": self.status,
        })
    }
}
