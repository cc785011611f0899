//! Payment intents: how they are created, updated and shown. Their status changes in `transitions`.

use super::{
    ApiError,
    amounts::check_charge,
    cards::Card,
    form::{Form, Metadata},
    json::{some, with_nulls},
    state::{State, new_id},
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
    pub(super) livemode: bool,
    /// What the customer has to do, in `requires_action`.
    pub(super) next_action: Option<Value>,
    pub(super) review: Option<String>,
    allow_redirects: String,
    allowed_methods: Vec<String>,
    automatic_payment_methods: bool,
    excluded_methods: Vec<String>,
    created: i64,
    receipt_email: Option<String>,
    client_secret: String,
}

impl State {
    pub(super) fn create_intent(&mut self, form: &Form) -> Result<Value, ApiError> {
        let amount = form.amount("amount")?;
        let amount = amount.ok_or_else(|| ApiError::missing_param("amount"))?;
        let currency = form.currency()?;
        check_charge(amount, &currency, "amount")?;
        let method = form.owned("payment_method");
        parse_payment_method(method.as_deref())?;
        let automatic = form.inner("automatic_payment_methods");
        let bank_account = form.inner("payment_method_options").inner("us_bank_account");
        bank_account.one_of("verification_method", &["automatic", "instant", "microdeposits"])?;
        let id = new_id("pi");
        let intent = Intent {
            amount,
            amount_capturable: 0,
            amount_received: 0,
            currency,
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
            allow_redirects: automatic
                .one_of("allow_redirects", &["always", "never"])?
                .unwrap_or_else(|| "always".to_owned()),
            allowed_methods: form.texts("allowed_payment_method_types"),
            automatic_payment_methods: automatic.flag("enabled"),
            excluded_methods: form.texts("excluded_payment_method_types"),
            created: self.clock.now(),
            livemode: self.livemode,
            next_action: None,
            review: None,
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
        if let Some(amount) = amount {
            check_charge(amount, &intent.currency, "amount")?;
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

/// Members of an intent that are always null here.
const UNUSED: [&str; 14] = [
    "application",
    "application_fee_amount",
    "customer_account",
    "managed_payments",
    "on_behalf_of",
    "payment_method_configuration_details",
    "payment_record",
    "processing",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
];

impl Intent {
    /// The error of a call that is not allowed in the current status; `what` is the beginning of the sentence up to
    /// "has a status of".
    pub(super) fn unexpected(&self, what: &str) -> ApiError {
        ApiError::invalid(format!("{what} has a status of {}.", self.status.as_str()))
            .code("payment_intent_unexpected_state")
            .with("payment_intent", self.json())
    }

    /// Whether a payment method is not offered for this intent.
    pub(super) fn excludes(&self, method: &str) -> bool {
        self.excluded_methods.iter().any(|excluded| excluded == method)
    }

    pub(super) fn is_manual(&self) -> bool {
        self.capture_method == "manual"
    }

    pub(super) fn json(&self) -> Value {
        let automatic = self
            .automatic_payment_methods
            .then(|| json!({"enabled": true, "allow_redirects": self.allow_redirects}));
        let next_action =
            self.next_action.as_ref().filter(|_| self.status == Status::RequiresAction);
        let json = json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": some(&self.allowed_methods),
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_details": {"tip": {}},
            "amount_received": self.amount_received,
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
            "excluded_payment_method_types": some(&self.excluded_methods),
            "last_payment_error": self.last_error,
            "latest_charge": self.latest_charge,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "next_action": next_action,
            "payment_method": self.payment_method,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "receipt_email": self.receipt_email,
            "review": self.review,
            "status": self.status.as_str(),
        });
        with_nulls(json, &UNUSED)
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
