//! Early fraud warnings of card issuers, and reviews of payments.

use super::{
    ApiError,
    state::{State, new_id},
};
use serde_json::{Value, json};

impl State {
    pub(super) fn early_fraud_warning(&mut self, intent: &str) -> String {
        let id = new_id("issfr");
        let warning = json!({
            "id": id,
            "object": "radar.early_fraud_warning",
            "actionable": true,
            "charge": self.existing_intent_mut(intent).latest_charge,
            "created": self.clock.now(),
            "fraud_type": "made_with_stolen_card",
            "livemode": self.livemode,
            "payment_intent": intent,
        });
        self.warnings.insert(&id, warning.clone());
        self.emit("radar.early_fraud_warning.created", warning);
        id
    }

    pub(super) fn open_review(&mut self, intent: &str) -> String {
        let id = new_id("prv");
        let payment = self.existing_intent_mut(intent);
        payment.review = Some(id.clone());
        let charge = payment.latest_charge.clone();
        let review = json!({
            "id": id,
            "object": "review",
            "billing_zip": null,
            "charge": charge,
            "closed_reason": null,
            "created": self.clock.now(),
            "ip_address": null,
            "ip_address_location": null,
            "livemode": self.livemode,
            "open": true,
            "opened_reason": "rule",
            "payment_intent": intent,
            "reason": "rule",
            "session": null,
        });
        self.reviews.insert(&id, review.clone());
        self.emit("review.opened", review);
        id
    }

    pub(super) fn close_review(&mut self, id: &str) {
        let review = self.reviews.get_mut(id).expect("the test has opened this review");
        review["open"] = false.into();
        review["closed_reason"] = "approved".into();
        review["reason"] = "approved".into();
        let review = review.clone();
        if let Some(intent) = review["payment_intent"].as_str() {
            self.existing_intent_mut(intent).review = None;
        }
        self.emit("review.closed", review);
    }

    pub(super) fn show_warning(&self, id: &str) -> Result<Value, ApiError> {
        let warning = self.warnings.get(id).cloned();
        warning.ok_or_else(|| ApiError::no_such("early_fraud_warning", id).param("id"))
    }

    pub(super) fn show_review(&self, id: &str) -> Result<Value, ApiError> {
        let review = self.reviews.get(id).cloned();
        review.ok_or_else(|| ApiError::no_such("review", id).param("id"))
    }
}
