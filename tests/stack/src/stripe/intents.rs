//! Payment intents: how they are created, updated and shown. Their status changes in `transitions`.

use super::{
    ApiError,
    cards::Card,
    form::{Form, Metadata},
    state::{State, new_id, now},
};
use serde_json::{Value, json};

/// The status of a payment intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the customer has not paid yet and still can.
    pub(super) fn is_open(self) -> bool {
        matches!(
            self,
            Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction
        )
    }
}

pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) amount_capturable: i64,
    pub(super) amount_received: i64,
    pub(super) currency: String,
    pub(super) status: Status,
    pub(super) metadata: Metadata,
    pub(super) payment_method: Option<String>,
    pub(super) latest_charge: Option<String>,
    pub(super) last_error: Option<Value>,
    pub(super) customer: Option<String>,
    pub(super) canceled_at: Option<i64>,
    pub(super) cancellation_reason: Option<String>,
    pub(super) description: Option<String>,
    pub(super) capture_method: String,
    automatic_payment_methods: bool,
    created: i64,
    receipt_email: Option<String>,
    client_secret: String,
}

impl State {
    pub(super) fn create_intent(&mut self, form: &Form) -> Result<Value, ApiError> {
        let amount = form.amount("amount")?;
        let amount = amount.ok_or_else(|| ApiError::missing_param("amount"))?;
        let method = form.owned("payment_method");
        parse_payment_method(method.as_deref())?;
        let id = new_id("pi");
        let intent = Intent {
            amount,
            amount_capturable: 0,
            amount_received: 0,
            currency: form.currency()?,
            status: match method {
                Some(_) => Status::RequiresConfirmation,
                None => Status::RequiresPaymentMethod,
            },
            metadata: form.metadata()?,
            payment_method: method,
            latest_charge: None,
            last_error: None,
            customer: form.owned("customer"),
            canceled_at: None,
            cancellation_reason: None,
            description: form.owned("description"),
            capture_method: form
                .one_of("capture_method", &["automatic", "automatic_async", "manual"])?
                .unwrap_or_else(|| "automatic_async".to_owned()),
            automatic_payment_methods: form.inner("automatic_payment_methods").flag("enabled"),
            created: now(),
            receipt_email: form.owned("receipt_email"),
            client_secret: format!("{id}_{}", new_id("secret")),
            id: id.clone(),
        };
        self.intents.insert(&id, intent);
        self.emit_intent("payment_intent.created", &id);
        if form.flag("confirm") {
            return self.confirm(&id, None);
        }
        self.show_intent(&id)
    }

    pub(super) fn update_intent(&mut self, id: &str, form: &Form) -> Result<Value, ApiError> {
        let amount = form.amount("amount")?;
        let intent = self.intent_mut(id)?;
        if amount.is_some() && !intent.status.is_open() {
            return Err(
                intent.unexpected("This PaymentIntent's amount could not be updated because it")
            );
        }
        form.write_metadata(&mut intent.metadata)?;
        intent.amount = amount.unwrap_or(intent.amount);
        intent.description = form.owned("description").or(intent.description.take());
        intent.receipt_email = form.owned("receipt_email").or(intent.receipt_email.take());
        self.show_intent(id)
    }

    pub(super) fn show_intent(&self, id: &str) -> Result<Value, ApiError> {
        self.intent(id).map(Intent::json)
    }

    pub(super) fn intent(&self, id: &str) -> Result<&Intent, ApiError> {
        let intent = self.intents.get(id);
        intent.ok_or_else(|| ApiError::no_such("payment_intent", id).param("intent"))
    }

    pub(super) fn intent_mut(&mut self, id: &str) -> Result<&mut Intent, ApiError> {
        let intent = self.intents.get_mut(id);
        intent.ok_or_else(|| ApiError::no_such("payment_intent", id).param("intent"))
    }

    pub(super) fn existing_intent_mut(&mut self, id: &str) -> &mut Intent {
        let intent = self.intents.get_mut(id);
        intent.expect("intents are never removed, and the caller has just found this one")
    }

    pub(super) fn emit_intent(&mut self, kind: &str, id: &str) {
        let json = self.existing_intent_mut(id).json();
        self.emit(kind, json);
    }
}

impl Intent {
    /// The error of a call that is not allowed in the current status; `what` is the beginning of the sentence up to
    /// "has a status of".
    pub(super) fn unexpected(&self, what: &str) -> ApiError {
        ApiError::invalid(format!("{what} has a status of {}.", self.status.as_str()))
            .code("payment_intent_unexpected_state")
            .with("payment_intent", self.json())
    }

    pub(super) fn is_manual(&self) -> bool {
        self.capture_method == "manual"
    }

    pub(super) fn json(&self) -> Value {
        let automatic = self
            .automatic_payment_methods
            .then(|| json!({"enabled": true, "allow_redirects": "always"}));
        let next_action = (self.status == Status::RequiresAction).then(|| {
            json!({"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}})
        });
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_details": {"tip": {}},
            "amount_received": self.amount_received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": automatic,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method,
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "metadata": self.metadata,
            "next_action": next_action,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "processing": null,
            "receipt_email": self.receipt_email,
            "review": null,
            "setup_future_usage": null,
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}

/// The test card of a payment method id. There are no other payment methods.
pub(super) fn parse_payment_method(token: Option<&str>) -> Result<Option<Card>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let card = Card::from_token(token).ok_or_else(|| {
        ApiError::invalid(format!("No such PaymentMethod: '{token}'"))
            .code("resource_missing")
            .param("payment_method")
    })?;
    Ok(Some(card))
}
