//! The transitions of a payment intent: confirm, settle, capture, cancel.

use super::{
    ApiError,
    cards::{Card, CardOutcome},
    form::Form,
    intents::{Status, parse_payment_method},
    state::State,
};
use serde_json::{Value, json};

/// The final decision on a payment that is processing or requires action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    Paid,
    Failed,
}

impl State {
    /// Charges the payment method `method`, or the one that the intent has.
    pub(super) fn confirm(&mut self, id: &str, method: Option<&str>) -> Result<Value, ApiError> {
        let given = parse_payment_method(method)?;
        let intent = self.intent_mut(id)?;
        if !intent.status.is_open() {
            return Err(intent.unexpected(
                "This PaymentIntent's payment_method could not be confirmed because it",
            ));
        }
        let own = intent.payment_method.as_deref().and_then(Card::from_token);
        let card = given.or(own).ok_or_else(|| {
            let message =
                "You cannot confirm this PaymentIntent because it's missing a payment method.";
            ApiError::invalid(message).code("parameter_missing").param("payment_method")
        })?;
        intent.payment_method = Some(card.token().to_owned());
        match card.outcome() {
            CardOutcome::Succeeds => self.succeed(id, card),
            CardOutcome::Declined { code, message } => {
                return Err(self.decline(id, card, code, message));
            }
            CardOutcome::RequiresAction => {
                let details = json!({"type": "three_d_secure_redirect"});
                let action = json!({"type": "use_stripe_sdk", "use_stripe_sdk": details});
                self.existing_intent_mut(id).next_action = Some(action);
                self.set_status(id, Status::RequiresAction);
            }
            CardOutcome::Processing => self.set_status(id, Status::Processing),
        }
        self.update_session(id);
        self.show_intent(id)
    }

    /// Ends a payment that is processing or requires action.
    pub(super) fn settle(&mut self, id: &str, settlement: Settlement) -> Result<Value, ApiError> {
        let intent = self.intent_mut(id)?;
        if !matches!(intent.status, Status::RequiresAction | Status::Processing) {
            return Err(intent.unexpected("There is nothing to settle: this PaymentIntent"));
        }
        let method = intent.payment_method.as_deref();
        let card = method.and_then(Card::from_token).unwrap_or(Card::Visa);
        if settlement == Settlement::Paid {
            self.succeed(id, card);
        } else if intent.status == Status::RequiresAction {
            let message = "We are unable to authenticate your payment method.";
            self.fail(
                id,
                json!({"code": "payment_intent_authentication_failure", "message": message}),
            );
        } else {
            let message = "The bank did not carry out the payment.";
            self.decline(id, card, "generic_decline", message);
        }
        self.update_session(id);
        self.show_intent(id)
    }

    pub(super) fn succeed_with(&mut self, id: &str, received: i64) -> Result<Value, ApiError> {
        let intent = self.intent_mut(id)?;
        intent.last_error = None;
        intent.amount_received = received;
        intent.status = Status::Succeeded;
        intent.payment_method = Some(Card::Visa.token().to_owned());
        self.charge(id, Card::Visa, true, None);
        self.emit_intent("payment_intent.succeeded", id);
        self.update_session(id);
        self.show_intent(id)
    }

    pub(super) fn await_voucher(&mut self, id: &str, expires_at: i64) -> Result<Value, ApiError> {
        let url = format!("https://payments.stripe.com/multibanco/voucher/{id}");
        let action = json!({
            "type": "multibanco_display_details",
            "multibanco_display_details": {
                "entity": "12345",
                "expires_at": expires_at,
                "hosted_voucher_url": url,
                "reference": "123456789",
            },
        });
        self.await_customer(id, "multibanco", action)
    }

    pub(super) fn await_pix(&mut self, id: &str, expires_at: i64) -> Result<Value, ApiError> {
        let action = json!({
            "type": "pix_display_qr_code",
            "pix_display_qr_code": {"data": "000201", "expires_at": expires_at},
        });
        self.await_customer(id, "pix", action)
    }

    fn await_customer(&mut self, id: &str, method: &str, action: Value) -> Result<Value, ApiError> {
        let intent = self.intent_mut(id)?;
        if !intent.status.is_open() {
            return Err(intent.unexpected("A voucher cannot be issued: this PaymentIntent"));
        }
        if intent.excludes(method) {
            let message = format!(
                "The payment method type \"{method}\" is not allowed for this PaymentIntent."
            );
            return Err(
                ApiError::invalid(message).code("payment_intent_incompatible_payment_method")
            );
        }
        intent.next_action = Some(action);
        self.set_status(id, Status::RequiresAction);
        self.show_intent(id)
    }

    pub(super) fn capture(&mut self, id: &str, form: &Form) -> Result<Value, ApiError> {
        let wanted = form.amount("amount_to_capture")?;
        let intent = self.intent_mut(id)?;
        if intent.status != Status::RequiresCapture {
            return Err(intent.unexpected("This PaymentIntent could not be captured because it"));
        }
        let amount = wanted.unwrap_or(intent.amount_capturable);
        if amount > intent.amount_capturable {
            let message = "The amount to capture is greater than the amount that can be captured.";
            return Err(ApiError::invalid(message)
                .code("amount_too_large")
                .param("amount_to_capture"));
        }
        intent.amount_capturable = 0;
        intent.amount_received = amount;
        intent.status = Status::Succeeded;
        let charge = intent.latest_charge.clone().unwrap_or_default();
        if let Some(charge) = self.charges.get_mut(&charge) {
            charge.captured = amount;
        }
        self.emit_charge("charge.captured", &charge);
        self.emit_intent("payment_intent.succeeded", id);
        self.show_intent(id)
    }

    pub(super) fn cancel(&mut self, id: &str, form: &Form) -> Result<Value, ApiError> {
        let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
        let reason = form.one_of("cancellation_reason", &reasons)?;
        let now = self.clock.now();
        let intent = self.intent_mut(id)?;
        if !intent.status.is_open() && intent.status != Status::RequiresCapture {
            return Err(intent.unexpected("You cannot cancel this PaymentIntent because it"));
        }
        intent.amount_capturable = 0;
        intent.canceled_at = Some(now);
        intent.cancellation_reason = reason;
        intent.status = Status::Canceled;
        self.emit_intent("payment_intent.canceled", id);
        self.show_intent(id)
    }

    /// The charge succeeds: the amount is captured, or only authorised if `capture_method` is manual.
    fn succeed(&mut self, id: &str, card: Card) {
        let intent = self.existing_intent_mut(id);
        let manual = intent.is_manual();
        intent.last_error = None;
        if manual {
            intent.status = Status::RequiresCapture;
            intent.amount_capturable = intent.amount;
        } else {
            intent.status = Status::Succeeded;
            intent.amount_received = intent.amount;
        }
        self.charge(id, card, !manual, None);
        let kind = if manual { "amount_capturable_updated" } else { "succeeded" };
        self.emit_intent(&format!("payment_intent.{kind}"), id);
    }

    /// The charge is declined. The customer may try again with another card.
    fn decline(
        &mut self,
        id: &str,
        card: Card,
        code: &'static str,
        message: &'static str,
    ) -> ApiError {
        let charge = self.charge(id, card, false, Some((code, message)));
        self.fail(
            id,
            json!({"code": "card_declined", "decline_code": code, "message": message, "charge": charge}),
        );
        ApiError::card("card_declined", message)
            .with("decline_code", code)
            .with("charge", charge)
            .with("payment_intent", self.existing_intent_mut(id).json())
    }

    fn fail(&mut self, id: &str, mut error: Value) {
        error["type"] = "card_error".into();
        let intent = self.existing_intent_mut(id);
        intent.last_error = Some(error);
        intent.payment_method = None;
        intent.status = Status::RequiresPaymentMethod;
        self.emit_intent("payment_intent.payment_failed", id);
    }

    fn set_status(&mut self, id: &str, status: Status) {
        self.existing_intent_mut(id).status = status;
        self.emit_intent(&format!("payment_intent.{}", status.as_str()), id);
    }
}
