//! The payment pages for the browser: `/pay/{payment_intent}` and `/checkout/{session}`.

use super::{
    ApiError,
    api::Call,
    cards::Card,
    page::{PaymentPage, error_page, overview, render},
    state::State,
    transitions::Settlement,
};
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::Value;

pub(super) fn answer(state: &mut State, call: &Call) -> Response {
    let segments: Vec<_> = call.path.trim_matches('/').split('/').collect();
    let response = match (call.method.as_str(), segments.as_slice()) {
        ("GET", [""]) => Ok(show_payments(state)),
        ("GET", ["pay", id]) => show_payment(state, id),
        ("GET", ["checkout", id]) => show_checkout(state, id),
        ("POST", ["pay", id]) => act(state, call, id).map(|()| redirect(&call.path)),
        ("POST", ["checkout", id]) => act_on_checkout(state, call, id)
            .map(|next| redirect(&next.unwrap_or(call.path.clone()))),
        (method, _) => Err(ApiError::no_such_url(method, &call.path)),
    };
    response.unwrap_or_else(|error| {
        let page = error_page(&error.message);
        html(error.status, page)
    })
}

fn show_payments(state: &State) -> Response {
    let newest_first = state.intents.iter().rev();
    html(
        200,
        overview(newest_first.map(|intent| {
            let path = format!("/pay/{}", intent.id);
            (path, intent.amount, intent.currency.as_str(), intent.status.as_str())
        })),
    )
}

fn show_payment(state: &State, id: &str) -> Result<Response, ApiError> {
    let intent = state.intent(id)?;
    Ok(html(
        200,
        render(&PaymentPage {
            action: &format!("/pay/{id}"),
            amount: intent.amount,
            currency: &intent.currency,
            description: intent.description.as_deref(),
            metadata: &intent.metadata,
            status: intent.status.as_str(),
            error: intent.last_error.as_ref().and_then(|error| error["message"].as_str()),
            back: None,
        }),
    ))
}

fn show_checkout(state: &State, id: &str) -> Result<Response, ApiError> {
    let json = state.show_session(id)?;
    let session = state.sessions.get(id);
    let session = session.ok_or_else(|| ApiError::no_such("checkout session", id))?;
    let intent = session.intent.as_deref().and_then(|id| state.intents.get(id));
    let error = intent.and_then(|intent| intent.last_error.as_ref());
    Ok(html(
        200,
        render(&PaymentPage {
            action: &format!("/checkout/{id}"),
            amount: session.amount,
            currency: &session.currency,
            description: json["client_reference_id"].as_str(),
            metadata: &session.metadata,
            status: match (session.status, intent) {
                ("expired", _) => "canceled",
                (_, Some(intent)) => intent.status.as_str(),
                (_, None) => "requires_payment_method",
            },
            error: error.and_then(|error| error["message"].as_str()),
            back: json["cancel_url"].as_str(),
        }),
    ))
}

/// Performs the action of the pressed button. A declined card is not an error: the page shows it.
fn act(state: &mut State, call: &Call, intent: &str) -> Result<(), ApiError> {
    let result = match pressed(call)? {
        Button::Pay(card) => state.confirm(intent, Some(card.token())),
        Button::Settle(settlement) => state.settle(intent, settlement),
    };
    ignore_declined(result)
}

/// Returns the `success_url` of the session once it is complete.
fn act_on_checkout(state: &mut State, call: &Call, id: &str) -> Result<Option<String>, ApiError> {
    let result = match pressed(call)? {
        Button::Pay(card) => state.pay_session(id, card),
        Button::Settle(settlement) => {
            let session = state.show_session(id)?;
            state.settle(session["payment_intent"].as_str().unwrap_or_default(), settlement)
        }
    };
    ignore_declined(result)?;
    let session = state.sessions.get(id).filter(|session| session.status == "complete");
    let next = session.map(|session| session.success_url.as_str());
    Ok(next.map(|url| url.replace("{CHECKOUT_SESSION_ID}", id)))
}

enum Button {
    Pay(Card),
    Settle(Settlement),
}

fn pressed(call: &Call) -> Result<Button, ApiError> {
    if let Some(card) = call.form.text("card").and_then(Card::from_token) {
        return Ok(Button::Pay(card));
    }
    match call.form.text("settle") {
        Some("paid") => Ok(Button::Settle(Settlement::Paid)),
        Some("failed") => Ok(Button::Settle(Settlement::Failed)),
        _ => Err(ApiError::invalid("Please press one of the buttons.")),
    }
}

fn ignore_declined(result: Result<Value, ApiError>) -> Result<(), ApiError> {
    match result {
        Err(error) if error.status != 402 => Err(error),
        _ => Ok(()),
    }
}

fn html(status: u16, page: String) -> Response {
    let mut response = Response::new(Body::from(page));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = header::HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let policy = header::HeaderValue::from_static(policy);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn redirect(url: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(url) = header::HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}
