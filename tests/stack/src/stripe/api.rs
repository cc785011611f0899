//! The calls of Stripe's API: who may call, which fault strikes, what is replayed, what is done.

use super::{
    Refused,
    faults::Fault,
    form::Form,
    idempotency::Answer,
    intents::Intent,
    refunds::Refund,
    state::{State, new_id, page},
};
use serde_json::Value;
use std::time::Duration;

pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) form: Form,
    /// The secret key the caller shows.
    pub(super) secret: Option<String>,
    pub(super) key: Option<String>,
}

/// A call the stand-in was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Such as `POST /v1/refunds`.
    pub call: String,
    /// Its idempotency key.
    pub key: Option<String>,
    /// What was answered; none if the connection was closed instead.
    pub status: Option<u16>,
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) request: String,
    pub(super) replayed: bool,
    /// The answer comes so much later.
    pub(super) late: Option<Duration>,
    /// The connection closes instead of an answer.
    pub(super) silent: bool,
}

impl Call {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The key counts only where something is changed.
    fn key(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| self.method == "POST")
    }

    fn check(&self, only: Option<&str>) -> Result<(), Refused> {
        let Some(secret) = self.secret.as_deref() else {
            return Err(Refused::unauthorized("You did not provide an API key."));
        };
        if !secret.starts_with("sk_test_") || only.is_some_and(|only| only != secret) {
            return Err(Refused::unauthorized("Invalid API Key provided."));
        }
        if self.key().is_some_and(|key| key.len() > 255) {
            let message = "Idempotency keys can have up to 255 characters.";
            return Err(Refused::invalid(message).code("parameter_invalid_string"));
        }
        Ok(())
    }
}

impl State {
    pub(super) fn reply(&mut self, call: &Call) -> Reply {
        let request = new_id("req");
        let mut reply = Reply {
            status: 200,
            body: Value::Null,
            request: request.clone(),
            replayed: false,
            late: None,
            silent: false,
        };
        self.cause = (Some(request), call.key.clone());
        let answer = self.reply_or_refuse(call, &mut reply);
        self.cause = (None, None);
        (reply.status, reply.body) =
            answer.unwrap_or_else(|refused| (refused.status, refused.body()));
        self.calls.push(Called {
            call: call.name(),
            key: call.key.clone(),
            status: (!reply.silent).then_some(reply.status),
        });
        reply
    }

    fn reply_or_refuse(&mut self, call: &Call, reply: &mut Reply) -> Result<Answer, Refused> {
        call.check(self.only_secret.as_deref())?;
        let fault = self.script.for_call(&call.name());
        match fault {
            Some(Fault::RateLimit) => return Err(Refused::rate_limit()),
            Some(Fault::ErrorBefore) => return Err(Refused::broken()),
            Some(Fault::Delay(late)) => reply.late = Some(late),
            Some(Fault::SilenceAfter) => reply.silent = true,
            _ => {}
        }
        if let Some(key) = call.key()
            && let Some(answer) = self.keys.recall(key, &call.path, &call.form)?
        {
            reply.replayed = true;
            return Ok(answer);
        }
        let done = match fault {
            Some(Fault::ErrorKept) => Err(Refused::broken()),
            _ => self.carry_out(call),
        };
        let keep = !done.as_ref().is_err_and(Refused::is_validation);
        let mut answer = match done {
            Ok(body) => (200, body),
            Err(refused) => (refused.status, refused.body()),
        };
        if fault == Some(Fault::ErrorAfter) {
            answer = (500, Refused::broken().body());
        }
        if let Some(key) = call.key().filter(|_| keep) {
            self.keys.keep(key, &call.path, &call.form, answer.clone());
        }
        Ok(answer)
    }

    fn carry_out(&mut self, call: &Call) -> Result<Value, Refused> {
        let segments: Vec<_> = call.path.trim_matches('/').split('/').skip(1).collect();
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
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_by_shop(id, form),
            ("POST", ["refunds"]) => self.create_refund(form),
            ("GET", ["refunds"]) => self.list_refunds(form),
            ("GET", ["refunds", id]) => self.show("refund", id),
            ("POST", ["refunds", id]) => self.describe_refund(id, form),
            ("GET", ["charges", id]) => self.show("charge", id),
            ("POST", ["checkout", "sessions"]) => self.create_session(form),
            ("GET", ["checkout", "sessions", id]) => self.show_session(id),
            ("POST", ["checkout", "sessions", id, "expire"]) => self.expire_session(id),
            ("GET", ["disputes", id]) => self.show_dispute(id),
            ("GET", ["events"]) => self.list_events(form),
            ("GET", ["events", id]) => self.show_event(id),
            (method, _) => Err(Refused::no_such_url(method, &call.path)),
        }?;
        for name in form.texts("expand") {
            if let Some(inner) = body[&name].as_str().and_then(|id| self.object(id)) {
                body[&name] = inner;
            }
        }
        Ok(body)
    }

    fn show(&self, what: &str, id: &str) -> Result<Value, Refused> {
        let object = self.object(id).filter(|object| object["object"] == what);
        object.ok_or_else(|| Refused::no_such(what, id).param("id"))
    }

    fn list_intents(&self, form: &Form) -> Result<Value, Refused> {
        let customer = form.text("customer");
        let wanted =
            |intent: &&Intent| customer.is_none() || intent.customer.as_deref() == customer;
        let intents = self.intents.iter().filter(wanted).map(Intent::json);
        page("/v1/payment_intents", intents, form)
    }

    fn list_refunds(&self, form: &Form) -> Result<Value, Refused> {
        let refunds = self.refunds.iter().filter(|refund| refund.is_of(form));
        page("/v1/refunds", refunds.map(Refund::json), form)
    }
}
