//! Charges: the attempts to take the money of a payment intent.

use super::{
    cards::Card,
    form::Metadata,
    intents::Intent,
    state::{State, new_id, now},
};
use serde_json::{Value, json};

pub(super) struct Charge {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: i64,
    pub(super) captured: i64,
    pub(super) refunded: i64,
    pub(super) card: Card,
    pub(super) disputed: bool,
    /// The decline code and the message, if the bank declined.
    failure: Option<(&'static str, &'static str)>,
    balance_transaction: Option<String>,
    created: i64,
    currency: String,
    customer: Option<String>,
    metadata: Metadata,
}

impl State {
    /// Charges the whole amount and returns the id of the charge. Without `captured` the amount is only authorised.
    pub(super) fn charge(
        &mut self,
        intent: &str,
        card: Card,
        captured: bool,
        failure: Option<(&'static str, &'static str)>,
    ) -> String {
        let id = new_id("ch");
        let intent = self.existing_intent_mut(intent);
        intent.latest_charge = Some(id.clone());
        let charge = Charge {
            id: id.clone(),
            intent: intent.id.clone(),
            amount: intent.amount,
            captured: if captured { intent.amount } else { 0 },
            refunded: 0,
            card,
            disputed: false,
            balance_transaction: (captured && failure.is_none()).then(|| new_id("txn")),
            failure,
            created: now(),
            currency: intent.currency.clone(),
            customer: intent.customer.clone(),
            metadata: intent.metadata.clone(),
        };
        self.charges.insert(&id, charge);
        let outcome = if failure.is_some() { "failed" } else { "succeeded" };
        self.emit_charge(&format!("charge.{outcome}"), &id);
        id
    }

    pub(super) fn emit_charge(&mut self, kind: &str, id: &str) {
        if let Some(charge) = self.charges.get(id) {
            let json = charge.json();
            self.emit(kind, json);
        }
    }

    /// The latest charge of an intent, if money was captured with it.
    pub(super) fn successful_charge(&self, intent: &Intent) -> Option<&Charge> {
        let charge = self.charges.get(intent.latest_charge.as_deref()?)?;
        charge.is_paid().then_some(charge)
    }
}

impl Charge {
    pub(super) fn is_paid(&self) -> bool {
        self.failure.is_none() && self.captured > 0
    }

    pub(super) fn unrefunded(&self) -> i64 {
        self.captured - self.refunded
    }

    pub(super) fn currency(&self) -> &str {
        &self.currency
    }

    pub(super) fn json(&self) -> Value {
        let ok = self.failure.is_none();
        let (brand, last4) = self.card.brand();
        let empty_address = json!({"city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null});
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.captured,
            "amount_refunded": self.refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": self.balance_transaction,
            "billing_details": {"address": empty_address, "email": null, "name": null, "phone": null, "tax_id": null},
            "calculated_statement_descriptor": "SHOP",
            "captured": self.captured > 0,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": null,
            "disputed": self.disputed,
            "failure_balance_transaction": null,
            "failure_code": self.failure.map(|_| "card_declined"),
            "failure_message": self.failure.map(|(_, message)| message),
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "outcome": null,
            "paid": ok,
            "payment_intent": self.intent,
            "payment_method": self.card.token(),
            "payment_method_details": {
                "type": "card",
                "card": {"brand": brand, "last4": last4, "exp_month": 12, "exp_year": 2034},
            },
            "receipt_email": null,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": self.captured > 0 && self.refunded == self.captured,
            "review": null,
            "shipping": null,
            "status": if ok { "succeeded" } else { "failed" },
        })
    }
}
