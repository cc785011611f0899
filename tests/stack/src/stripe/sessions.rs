//! Checkout sessions: Stripe's hosted payment page, which creates a payment intent when the customer pays.

use super::{
    ApiError,
    amounts::{check_ceiling, check_charge},
    cards::Card,
    form::{Form, Metadata},
    intents::Status,
    json::{some, with_nulls},
    state::{State, new_id},
};
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const HALF_HOUR: i64 = 1_800;

pub(super) struct Session {
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) intent: Option<String>,
    pub(super) livemode: bool,
    pub(super) metadata: Metadata,
    pub(super) status: &'static str,
    pub(super) success_url: String,
    allowed_methods: Vec<String>,
    cancel_url: Option<String>,
    client_reference_id: Option<String>,
    created: i64,
    customer_email: Option<String>,
    excluded_methods: Vec<String>,
    expires_at: i64,
    id: String,
    intent_metadata: Metadata,
    is_paid: bool,
}

impl State {
    pub(super) fn create_session(&mut self, form: &Form) -> Result<Value, ApiError> {
        form.required("mode")?;
        form.one_of("mode", &["payment"])?;
        form.one_of("ui_mode", &["hosted_page"])?;
        let bank_account = form.inner("payment_method_options").inner("us_bank_account");
        bank_account.one_of("verification_method", &["automatic", "instant"])?;
        let success_url = form.required("success_url")?.to_owned();
        let (amount, currency) = price(&form.groups("line_items"))?;
        let id = new_id(if self.livemode { "cs_live" } else { "cs_test" });
        let now = self.clock.now();
        let session = Session {
            amount,
            currency,
            intent: None,
            metadata: form.metadata()?,
            status: "open",
            success_url,
            allowed_methods: form.texts("allowed_payment_method_types"),
            cancel_url: form.owned("cancel_url"),
            excluded_methods: form.texts("excluded_payment_method_types"),
            client_reference_id: form.owned("client_reference_id"),
            created: now,
            livemode: self.livemode,
            customer_email: form.owned("customer_email"),
            expires_at: expires_at(form, now)?,
            id: id.clone(),
            intent_metadata: form.inner("payment_intent_data").metadata()?,
            is_paid: false,
        };
        let json = session.json(&self.base_url);
        self.sessions.insert(&id, session);
        Ok(json)
    }

    pub(super) fn show_session(&self, id: &str) -> Result<Value, ApiError> {
        let session = self.sessions.get(id);
        let session = session.ok_or_else(|| no_such_session(id))?;
        Ok(session.json(&self.base_url))
    }

    pub(super) fn expire_session(&mut self, id: &str) -> Result<Value, ApiError> {
        let session = self.open_session(id, "expired")?;
        session.status = "expired";
        if let Some(intent) = session.intent.clone() {
            self.cancel(&intent, &Form::default())?;
        }
        self.emit_session("checkout.session.expired", id);
        self.show_session(id)
    }

    /// Creates the payment intent, unless there is one, and confirms it.
    pub(super) fn pay_session(&mut self, id: &str, card: Card) -> Result<Value, ApiError> {
        let session = self.open_session(id, "paid")?;
        let intent = if let Some(intent) = session.intent.clone() {
            intent
        } else {
            let form = Form::payment(session.amount, &session.currency, &session.intent_metadata);
            let intent = self.create_intent(&form)?["id"].clone();
            let intent = intent.as_str().unwrap_or_default().to_owned();
            self.open_session(id, "paid")?.intent = Some(intent.clone());
            intent
        };
        self.confirm(&intent, Some(card.token()))?;
        self.show_session(id)
    }

    /// Updates the session of an intent, if there is one, after the status of the intent has changed.
    pub(super) fn update_session(&mut self, intent: &str) {
        let status = self.existing_intent_mut(intent).status;
        let (is_paid, kind) = match status {
            Status::Succeeded => (true, "async_payment_succeeded"),
            Status::Processing => (false, "completed"),
            Status::RequiresPaymentMethod => (false, "async_payment_failed"),
            _ => return,
        };
        let of_intent = |session: &&Session| session.intent.as_deref() == Some(intent);
        let Some(id) = self.sessions.iter().find(of_intent).map(|session| session.id.clone())
        else {
            return;
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.is_paid = is_paid;
        let kind = match (session.status, status) {
            ("open", Status::RequiresPaymentMethod) => return, // The customer may try again.
            ("open", _) => "completed",
            _ => kind,
        };
        session.status = "complete";
        self.emit_session(&format!("checkout.session.{kind}"), &id);
    }

    /// Cancels an intent, but not one of a checkout session, which ends with the session.
    pub(super) fn cancel_through_api(&mut self, id: &str, form: &Form) -> Result<Value, ApiError> {
        if self.sessions.iter().any(|session| session.intent.as_deref() == Some(id)) {
            let message = "You cannot cancel the PaymentIntent of a Checkout Session. Expire the Checkout Session instead.";
            return Err(ApiError::invalid(message));
        }
        self.cancel(id, form)
    }

    fn open_session(&mut self, id: &str, action: &str) -> Result<&mut Session, ApiError> {
        let session = self.sessions.get_mut(id);
        let session = session.ok_or_else(|| no_such_session(id))?;
        if session.status == "open" {
            return Ok(session);
        }
        Err(ApiError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be {action}. This Checkout Session has a status of {}.",
            session.status
        )))
    }

    fn emit_session(&mut self, kind: &str, id: &str) {
        if let Ok(json) = self.show_session(id) {
            self.emit(kind, json);
        }
    }
}

/// The expiry of a session: 30 minutes to 24 hours from now, the maximum by default.
fn expires_at(form: &Form, now: i64) -> Result<i64, ApiError> {
    let at = form.integer("expires_at")?.unwrap_or(now + DAY);
    if (now + HALF_HOUR..=now + DAY).contains(&at) {
        return Ok(at);
    }
    let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.";
    Err(ApiError::invalid(message).param("expires_at"))
}

fn no_such_session(id: &str) -> ApiError {
    ApiError::no_such("checkout session", id).param("session")
}

/// The total of the lines and their common currency.
fn price(lines: &[Form]) -> Result<(i64, String), ApiError> {
    if lines.is_empty() {
        return Err(ApiError::missing_param("line_items"));
    }
    let mut sum = 0_i64;
    let mut currency: Option<String> = None;
    for (index, line) in lines.iter().enumerate() {
        let price = line.inner("price_data");
        if price.inner("product_data").text("name").is_none() {
            let name = format!("line_items[{index}][price_data][product_data][name]");
            return Err(ApiError::missing_param(&name));
        }
        let each = price.amount("unit_amount")?;
        let each =
            each.ok_or_else(|| ApiError::missing_param("line_items[price_data][unit_amount]"))?;
        let quantity = line.amount("quantity")?.unwrap_or(1);
        let of_line = price.currency()?;
        if currency.as_ref().is_some_and(|known| *known != of_line) {
            let message = "All line items must have the same currency.";
            return Err(ApiError::invalid(message).param("line_items"));
        }
        currency = Some(of_line);
        sum =
            each.checked_mul(quantity).and_then(|line| line.checked_add(sum)).ok_or_else(|| {
                let message = "The session's total is too large.";
                ApiError::invalid(message).code("amount_too_large").param("line_items")
            })?;
        check_ceiling(sum, "line_items")?;
    }
    let currency = currency.ok_or_else(|| ApiError::missing_param("line_items"))?;
    check_charge(sum, &currency, "line_items")?;
    Ok((sum, currency))
}

/// Members of a session that are always null here.
const UNUSED: [&str; 30] = [
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer",
    "customer_account",
    "customer_details",
    "discounts",
    "integration_identifier",
    "invoice",
    "invoice_creation",
    "locale",
    "managed_payments",
    "optional_items",
    "origin_context",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "submit_type",
    "subscription",
    "wallet_options",
];

impl Session {
    pub(super) fn json(&self, base_url: &str) -> Value {
        let url = (self.status == "open").then(|| format!("{base_url}checkout/{}", self.id));
        let mut json = json!({
            "id": self.id,
            "object": "checkout.session",
            "adaptive_pricing": {"enabled": false},
            "allowed_payment_method_types": some(&self.allowed_methods),
            "amount_subtotal": self.amount,
            "amount_total": self.amount,
            "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "created": self.created,
            "currency": self.currency,
            "custom_fields": [],
            "custom_text": {"after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null},
            "customer_creation": "if_required",
            "customer_email": self.customer_email,
            "expires_at": self.expires_at,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "mode": "payment",
            "payment_intent": self.intent,
            "payment_method_collection": "if_required",
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "payment_status": if self.is_paid { "paid" } else { "unpaid" },
            "phone_number_collection": {"enabled": false},
            "shipping_options": [],
            "status": self.status,
            "success_url": self.success_url,
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": url,
        });
        if !self.excluded_methods.is_empty() {
            json["excluded_payment_method_types"] = json!(self.excluded_methods);
        }
        with_nulls(json, &UNUSED)
    }
}
