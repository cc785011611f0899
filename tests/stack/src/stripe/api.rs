//! The calls of Stripe's API: authentication, injected faults, idempotent replay, and dispatch.

use super::{
    ApiError, Reply,
    events::API_VERSION,
    expand,
    faults::Fault,
    form::Form,
    idempotency::StatusAndBody,
    intents::Intent,
    parameters,
    refunds::Refund,
    state::{State, distort, new_id, page},
};
use serde_json::Value;
use std::time::Duration;

pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) form: Form,
    /// The secret API key of the caller.
    pub(super) secret: Option<String>,
    /// The `Idempotency-Key`.
    pub(super) key: Option<String>,
    /// The `Stripe-Version`.
    pub(super) version: Option<String>,
}

/// A call that the Stripe stand-in has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedCall {
    /// Such as `POST /v1/refunds`.
    pub call: String,
    /// Its idempotency key.
    pub key: Option<String>,
    /// Its parameters by their whole names, such as `metadata[payment_id]`.
    pub parameters: Vec<(String, String)>,
    /// The status of the response; none if the connection was closed without one.
    pub status: Option<u16>,
}

pub(super) struct ApiResponse {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The request id.
    pub(super) request: String,
    pub(super) replayed: bool,
    /// The response is sent after this time.
    pub(super) delay: Option<Duration>,
    /// The connection is closed without a response.
    pub(super) disconnect: bool,
    /// The header `Stripe-Should-Retry`.
    pub(super) should_retry: Option<bool>,
    /// A page of the servers before the API, in place of the body.
    pub(super) page: Option<&'static str>,
}

impl ApiResponse {
    /// The status and the body of another answer.
    fn replace(&mut self, reply: Reply) -> StatusAndBody {
        self.should_retry = reply.should_retry;
        self.page = reply.page_text();
        (reply.status(), reply.api_error().map_or(Value::Null, |error| error.body()))
    }
}

impl Call {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The idempotency key, which has an effect on POST only.
    fn key(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| self.method == "POST")
    }

    fn check(&self, livemode: bool, only: Option<&str>) -> Result<(), ApiError> {
        let Some(secret) = self.secret.as_deref() else {
            return Err(ApiError::unauthorized("You did not provide an API key."));
        };
        let is_known = secret.starts_with("sk_test_")
            || secret.starts_with("rk_test_")
            || (livemode && (secret.starts_with("sk_live_") || secret.starts_with("rk_live_")));
        if !is_known || only.is_some_and(|only| only != secret) {
            return Err(ApiError::unauthorized("Invalid API Key provided."));
        }
        if let Some(version) = self.version.as_deref().filter(|it| *it != API_VERSION) {
            return Err(ApiError::invalid(format!("Invalid Stripe API version: {version}")));
        }
        if self.key().is_some_and(|key| key.len() > 255) {
            let message = "Idempotency keys can have up to 255 characters.";
            return Err(ApiError::invalid(message).code("parameter_invalid_string"));
        }
        Ok(())
    }
}

impl State {
    pub(super) fn respond(&mut self, call: &Call) -> ApiResponse {
        let request = new_id("req");
        let mut response = ApiResponse {
            status: 200,
            body: Value::Null,
            request: request.clone(),
            replayed: false,
            delay: None,
            disconnect: false,
            should_retry: None,
            page: None,
        };
        self.current_call = (Some(request), call.key.clone());
        let result = self.status_and_body(call, &mut response);
        self.current_call = (None, None);
        (response.status, response.body) =
            result.unwrap_or_else(|error| (error.status, error.body()));
        self.calls.push(RecordedCall {
            call: call.name(),
            key: call.key.clone(),
            parameters: call.form.pairs(),
            status: (!response.disconnect).then_some(response.status),
        });
        response
    }

    /// Also sets how the response is sent.
    fn status_and_body(
        &mut self,
        call: &Call,
        response: &mut ApiResponse,
    ) -> Result<StatusAndBody, ApiError> {
        call.check(self.livemode, self.only_secret.as_deref())?;
        let fault = self.faults.for_call(&call.name());
        match fault {
            Some(Fault::RateLimit) => return Err(ApiError::rate_limit()),
            Some(Fault::ErrorBefore) => return Err(ApiError::internal_error()),
            Some(Fault::Delay(delay)) => response.delay = Some(delay),
            Some(Fault::DisconnectAfter) => response.disconnect = true,
            _ => {}
        }
        if let Some(Fault::Answer(reply)) = fault
            && !reply.is_stored
        {
            return Ok(response.replace(reply));
        }
        if let Some(key) = call.key()
            && let Some(result) =
                self.idempotency_keys.get(key, &call.path, &call.form, self.clock.now())?
        {
            response.replayed = true;
            response.should_retry = (result.0 >= 500).then_some(false);
            return Ok(match fault {
                Some(Fault::AnswerAfter(reply)) => response.replace(reply),
                _ => result,
            });
        }
        let executed = match fault {
            Some(Fault::ErrorStored | Fault::Answer(_)) => Err(ApiError::internal_error()),
            _ => self.execute(call),
        };
        let is_stored = !executed.as_ref().is_err_and(ApiError::is_validation);
        let mut result = match executed {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body()),
        };
        if let Some(answer) = fault.and_then(Fault::stored_answer) {
            result = (answer.status, answer.body());
        }
        if let Some(key) = call.key().filter(|_| is_stored) {
            let now = self.clock.now();
            self.idempotency_keys.store(key, &call.path, &call.form, now, result.clone());
        }
        if let Some(Fault::Answer(reply) | Fault::AnswerAfter(reply)) = fault {
            return Ok(response.replace(reply));
        }
        Ok(result)
    }

    fn execute(&mut self, call: &Call) -> Result<Value, ApiError> {
        parameters::check(&call.method, &call.path, &call.form)?;
        expand::check(&call.method, &call.path, &call.form)?;
        let segments = parameters::segments(&call.path);
        let form = &call.form;
        let mut body = match (call.method.as_str(), segments.as_slice()) {
            ("POST", ["payment_intents"]) => self.create_intent(form),
            ("GET", ["payment_intents"]) => self.list_intents(form),
            ("GET", ["payment_intents", id]) => self.show_intent(id),
            ("POST", ["payment_intents", id]) => self.update_intent(id, form),
            ("POST", ["payment_intents", id, "confirm"]) => {
                self.confirm(id, form.text("payment_method"))
            }
            ("POST", ["payment_intents", id, "capture"]) => self.capture(id, form),
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_through_api(id, form),
            ("POST", ["refunds"]) => self.create_refund(form),
            ("GET", ["refunds"]) => self.list_refunds(form),
            ("GET", ["refunds", id]) => self.show("refund", id),
            ("POST", ["refunds", id]) => self.describe_refund(id, form),
            ("GET", ["charges", id]) => self.show("charge", id),
            ("POST", ["checkout", "sessions"]) => self.create_session(form),
            ("GET", ["checkout", "sessions", id]) => self.show_session(id),
            ("POST", ["checkout", "sessions", id, "expire"]) => self.expire_session(id),
            ("GET", ["disputes"]) => self.list_disputes(form),
            ("POST", ["disputes", id]) => self.submit(id, form),
            ("GET", ["disputes", id]) => self.show_dispute(id),
            ("GET", ["radar", "early_fraud_warnings", id]) => self.show_warning(id),
            ("GET", ["reviews", id]) => self.show_review(id),
            ("GET", ["events"]) => self.list_events(form),
            ("GET", ["events", id]) => self.show_event(id),
            (method, _) => Err(ApiError::no_such_url(method, &call.path)),
        }?;
        for name in form.texts("expand").iter().filter(|_| !self.ignores_expand) {
            self.expand(&mut body, name);
        }
        distort(&mut body, &self.distorted);
        Ok(body)
    }

    fn show(&self, what: &str, id: &str) -> Result<Value, ApiError> {
        let object = self.object(id).filter(|object| object["object"] == what);
        object.ok_or_else(|| ApiError::no_such(what, id).param("id"))
    }

    fn list_intents(&self, form: &Form) -> Result<Value, ApiError> {
        let customer = form.text("customer");
        let wanted =
            |intent: &&Intent| customer.is_none() || intent.customer.as_deref() == customer;
        let intents = self.intents.iter().filter(wanted).map(Intent::json);
        page("/v1/payment_intents", intents, form)
    }

    fn list_refunds(&self, form: &Form) -> Result<Value, ApiError> {
        let refunds = self.refunds.iter().filter(|refund| refund.is_of(form));
        page("/v1/refunds", refunds.map(Refund::json), form)
    }
}
