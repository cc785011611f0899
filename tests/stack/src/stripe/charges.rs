//! Charges: the attempts to take the money of a payment intent.

use super::{
    cards::Card,
    form::Metadata,
    intents::Intent,
    json::with_nulls,
    state::{State, new_id},
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
    /// The part of the amount that disputes have withdrawn.
    pub(super) withdrawn: i64,
    pub(super) livemode: bool,
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
        let created = self.clock.now();
        let intent = self.existing_intent_mut(intent);
        intent.latest_charge = Some(id.clone());
        let charge = Charge {
            id: id.clone(),
            intent: intent.id.clone(),
            amount: intent.amount,
            captured: if captured { intent.amount_received } else { 0 },
            refunded: 0,
            card,
            disputed: false,
            withdrawn: 0,
            livemode: intent.livemode,
            balance_transaction: (captured && failure.is_none()).then(|| new_id("txn")),
            failure,
            created,
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

/// Members of a charge that are always null here.
const UNUSED: [&str; 17] = [
    "application",
    "application_fee",
    "application_fee_amount",
    "description",
    "failure_balance_transaction",
    "on_behalf_of",
    "receipt_email",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

impl Charge {
    pub(super) fn is_paid(&self) -> bool {
        self.failure.is_none() && self.captured > 0
    }

    pub(super) fn unrefunded(&self) -> i64 {
        self.captured - self.refunded - self.withdrawn
    }

    pub(super) fn currency(&self) -> &str {
        &self.currency
    }

    pub(super) fn json(&self) -> Value {
        let ok = self.failure.is_none();
        let empty_address = json!({"city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null});
        let json = json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.captured,
            "amount_refunded": self.refunded,
            "balance_transaction": self.balance_transaction,
            "billing_details": {"address": empty_address, "email": null, "name": null, "phone": null, "tax_id": null},
            "calculated_statement_descriptor": "SHOP",
            "captured": self.captured > 0,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "disputed": self.disputed,
            "failure_code": self.failure.map(|_| "card_declined"),
            "failure_message": self.failure.map(|(_, message)| message),
            "fraud_details": {},
            "livemode": self.livemode,
            "metadata": self.metadata,
            "outcome": self.outcome(),
            "paid": ok,
            "payment_intent": self.intent,
            "payment_method": self.card.token(),
            "payment_method_details": {"type": "card", "card": self.card_details()},
            "refunded": self.captured > 0 && self.refunded == self.captured,
            "status": if ok { "succeeded" } else { "failed" },
        });
        with_nulls(json, &UNUSED)
    }

    fn card_details(&self) -> Value {
        let (brand, last4) = self.card.brand();
        json!({
            "amount_authorized": self.amount,
            "authorization_code": null,
            "brand": brand,
            "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
            "country": "DE",
            "electronic_commerce_indicator": null,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": "Xt5EWLLDS7FJjR1c",
            "funding": "credit",
            "installments": null,
            "last4": last4,
            "mandate": null,
            "network": brand,
            "network_transaction_id": null,
            "regulated_status": "unregulated",
            "three_d_secure": null,
            "transaction_link_id": null,
            "wallet": null,
        })
    }

    fn outcome(&self) -> Value {
        let (kind, status, message) = match self.failure {
            None => ("authorized", "approved_by_network", "Payment complete."),
            Some(_) => (
                "issuer_declined",
                "declined_by_network",
                "The bank did not return any further details.",
            ),
        };
        json!({
            "advice_code": null,
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": status,
            "reason": self.failure.map(|(code, _)| code),
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": message,
            "type": kind,
        })
    }
}
