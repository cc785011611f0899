//! What customers, banks and other programs of the account do, and what tests do to the stand-in itself.

use super::{
    ApiError, Card, DisputeOptions, DisputeOutcome, RefundStatus, Settlement, StandIn, form, lock,
};
use serde_json::Value;
use std::time::Duration;

impl StandIn {
    /// Creates a payment intent that the shop does not know, as another client of the same account would.
    pub fn create_foreign_intent(&self, amount: i64, currency: &str) -> Result<Value, ApiError> {
        let no_metadata = form::Metadata::default();
        lock(&self.shared).create_intent(&form::Form::payment(amount, currency, &no_metadata))
    }

    /// Confirms an intent with a card, as the customer's browser does.
    pub fn pay(&self, intent: &str, card: Card) -> Result<Value, ApiError> {
        lock(&self.shared).confirm(intent, Some(card.token()))
    }

    /// Pays a checkout session with a card, as the customer does on its page.
    pub fn pay_session(&self, session: &str, card: Card) -> Result<Value, ApiError> {
        lock(&self.shared).pay_session(session, card)
    }

    /// Expires a checkout session, as after its time or in Stripe's dashboard.
    pub fn expire_session(&self, session: &str) -> Result<Value, ApiError> {
        lock(&self.shared).expire_session(session)
    }

    /// Ends `processing` or `requires_action` with the decision of the bank.
    pub fn settle(&self, intent: &str, settlement: Settlement) -> Result<Value, ApiError> {
        lock(&self.shared).settle(intent, settlement)
    }

    /// Creates a refund as in Stripe's dashboard; without an amount, of all that is left.
    pub fn refund(&self, intent: &str, amount: Option<i64>) -> Result<Value, ApiError> {
        lock(&self.shared).create_refund(&form::Form::refund(intent, amount))
    }

    /// Changes the status of a refund, as the customer's bank does.
    pub fn update_refund(&self, refund: &str, status: RefundStatus) -> Result<Value, ApiError> {
        lock(&self.shared).update_refund(refund, status)
    }

    /// Opens a dispute over a payment, for a reason such as `fraudulent`.
    pub fn open_dispute(&self, intent: &str, reason: &str) -> Result<Value, ApiError> {
        lock(&self.shared).open_dispute(intent, DisputeOptions { reason, ..Default::default() })
    }

    /// Opens a dispute over a payment, with any amount, status and time to answer.
    pub fn open_dispute_with(
        &self,
        intent: &str,
        options: DisputeOptions<'_>,
    ) -> Result<Value, ApiError> {
        lock(&self.shared).open_dispute(intent, options)
    }

    /// Sets any status of a dispute, such as one of a newer version of the API.
    pub fn set_dispute_status(&self, dispute: &str, status: &str) -> Result<Value, ApiError> {
        lock(&self.shared).set_dispute_status(dispute, status)
    }

    /// Submits evidence for the shop: the dispute is under review.
    pub fn submit_evidence(&self, dispute: &str) -> Result<Value, ApiError> {
        lock(&self.shared).submit_evidence(dispute)
    }

    /// Closes a dispute with the decision of the bank.
    pub fn close_dispute(&self, dispute: &str, outcome: DisputeOutcome) -> Result<Value, ApiError> {
        lock(&self.shared).close_dispute(dispute, outcome)
    }

    /// Changes amount and currency of an intent without an event.
    pub fn tamper(&self, intent: &str, amount: i64, currency: &str) -> Result<Value, ApiError> {
        let mut state = lock(&self.shared);
        let changed = state.intent_mut(intent)?;
        changed.amount = amount;
        currency.clone_into(&mut changed.currency);
        state.show_intent(intent)
    }

    /// Objects created from now on belong to live mode, or to test mode. Live keys are accepted in live mode only.
    pub fn set_livemode(&self, live: bool) {
        lock(&self.shared).livemode = live;
    }

    /// Changes the mode of one object, so that the shop gets an object of the other mode.
    pub fn set_object_livemode(&self, id: &str, live: bool) {
        lock(&self.shared).set_object_livemode(id, live);
    }

    /// An object as the API shows it; none if there is no such object.
    pub fn object(&self, id: &str) -> Option<Value> {
        lock(&self.shared).object(id)
    }

    /// From now on an object does not exist, as if it belonged to another account.
    pub fn remove(&self, id: &str) {
        lock(&self.shared).remove(id);
    }

    /// A refund that was removed is there again.
    pub fn restore_refund(&self, id: &str) {
        lock(&self.shared).refunds.restore(id);
    }

    /// From now on the API shows an object in a form that cannot be read, in lists as well.
    pub fn distort(&self, id: &str) {
        lock(&self.shared).distorted.insert(id.to_owned());
    }

    /// From now on the API expands nothing, whatever it is asked for.
    pub fn ignore_expand(&self) {
        lock(&self.shared).ignores_expand = true;
    }

    /// Advances the clock of the stand-in, by which objects are dated and idempotency keys end.
    pub fn advance_clock(&self, by: Duration) {
        lock(&self.shared).clock.advance(by);
    }

    /// The intent succeeds, but only a part of its amount arrives.
    pub fn succeed_with(&self, intent: &str, amount_received: i64) -> Result<Value, ApiError> {
        lock(&self.shared).succeed_with(intent, amount_received)
    }

    /// The customer gets a voucher that can be paid until `expires_at` (seconds since the epoch); `settle` pays it. Refused if
    /// the intent excludes Multibanco.
    pub fn await_voucher(&self, intent: &str, expires_at: i64) -> Result<Value, ApiError> {
        lock(&self.shared).await_voucher(intent, expires_at)
    }

    /// The customer gets a Pix code that can be paid until `expires_at`. Refused if the intent excludes Pix.
    pub fn await_pix(&self, intent: &str, expires_at: i64) -> Result<Value, ApiError> {
        lock(&self.shared).await_pix(intent, expires_at)
    }

    /// The card's issuer reports a payment as fraud. Returns the id of the warning.
    pub fn early_fraud_warning(&self, intent: &str) -> String {
        lock(&self.shared).early_fraud_warning(intent)
    }

    /// A rule of Radar asks for a review of a payment. Returns the id of the review.
    pub fn open_review(&self, intent: &str) -> String {
        lock(&self.shared).open_review(intent)
    }

    /// A person approves the payment under review.
    pub fn close_review(&self, review: &str) {
        lock(&self.shared).close_review(review);
    }

    /// Creates and delivers an event of any type with any object, and returns it.
    pub fn emit(&self, kind: &str, object: Value) -> Value {
        lock(&self.shared).emit(kind, object)
    }

    /// Creates and delivers a thin event such as `v1.payment_intent.succeeded`, and returns it.
    pub fn emit_thin(&self, kind: &str, object_type: &str, object_id: &str) -> Value {
        lock(&self.shared).emit_thin(kind, object_type, object_id)
    }

    /// Signs and delivers an event exactly as given, such as one with an `account` or with missing members.
    pub fn emit_with(&self, event: Value) {
        lock(&self.shared).publish(event);
    }
}
