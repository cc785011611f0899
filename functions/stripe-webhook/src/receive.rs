use crate::Webhook;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::db::Db;
use domain::failure::chain;
use domain::payments::{self, EventEnvelope};
use domain::workflows;
use lambda::http::{Json, Problem, RawBody};
use serde::Serialize;
use std::time::Duration;
use stripe_gateway::webhook::SignatureError;
use utoipa::ToSchema;

/// Stripe waits for the response meanwhile. An event that takes longer to apply is left to the sweep.
const APPLY_TIMEOUT: Duration = Duration::from_secs(2);

/// No JSON that means anything is shorter, and nothing shorter is stored.
const SHORTEST_BODY: usize = 2;

/// The event is stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct Receipt {
    received: bool,
}

/// Receive a Stripe event
///
/// For Stripe only: snapshot events, and thin events of the API's version 1. The event is stored and applied in one
/// transaction, or only stored if applying it fails or takes too long, or if Stripe has to be asked for its object. What
/// is stored of it names no person. A signed body that is not an event is stored as it is and parked for staff. The
/// response is 200 if the body is stored, else 503, so that Stripe sends it again.
#[utoipa::path(
    post,
    path = "/v1/webhooks/stripe",
    tag = "payments",
    security(("stripe_signature" = [])),
    request_body(
        content = Object,
        description = "A Stripe event",
        content_type = "application/json",
        example = json!({
            "id": "evt_1PqLkd2eZvKYlo2C",
            "object": "event",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": "pi_3PqLkd2eZvKYlo2C1b7VnXyz", "object": "payment_intent"}},
        }),
    ),
    responses(
        (status = 200, description = "The event is stored", body = Receipt),
        (status = 400, description = "`bad_signature`: not signed by Stripe, or not within the last five minutes; `malformed_json`: empty", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 503, description = "`unavailable`: the event is not stored", body = Problem),
    ),
)]
pub(crate) async fn receive_stripe_event(
    State(Webhook { db, clock, dispatcher, secrets, live }): State<Webhook>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Receipt>, Problem> {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let verified =
        secrets.current().await?.verify(signature.unwrap_or_default(), &body, clock.now());
    verified.map_err(signature_problem)?;
    if body.len() < SHORTEST_BODY {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed_json", "the body is empty"));
    }
    let raw = stripe_gateway::minimize(&body);
    match stripe_gateway::envelope(&body) {
        Ok(envelope) => {
            if !store_and_apply(&db, &envelope, &raw, live, &body).await {
                payments::record(&db, &envelope, &raw, live).await?;
            }
            dispatcher.try_send_batched(&db).await;
        }
        Err(error) => {
            let (id, why) = (stripe_gateway::unreadable_id(&body), error.to_string());
            payments::record_unreadable(&db, id, &raw, live, clock.now(), why).await?;
        }
    }
    Ok(Json(Receipt { received: true }))
}

fn signature_problem(error: SignatureError) -> Problem {
    // Metric filters in template.yaml count these lines.
    match error {
        // Signed with our secret: a clock is wrong, or a recorded request is replayed.
        SignatureError::OutsideTolerance => tracing::warn!("a webhook is signed out of time"),
        // From a stranger, or from Stripe if our secret is not that of the endpoint.
        SignatureError::Mismatch => tracing::warn!("a webhook is signed with another secret"),
        // Never from Stripe.
        SignatureError::Malformed => {}
    }
    Problem::new(StatusCode::BAD_REQUEST, "bad_signature", error.to_string())
}

/// Whether the event was stored and applied. If not, or if the outcome is unknown, the caller only stores it, and the
/// sweep applies it.
async fn store_and_apply(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    live: bool,
    body: &[u8],
) -> bool {
    let id = &envelope.id;
    let payload = stripe_gateway::payload(body);
    let received = workflows::receive_event(db, envelope, raw, live, &payload);
    match tokio::time::timeout(APPLY_TIMEOUT, received).await {
        Ok(Ok(())) => {
            tracing::info!(event.id = id, event.kind = envelope.kind, "event {id} applied");
            return true;
        }
        Ok(Err(failure)) => {
            tracing::error!(
                event.id = id,
                error = chain(&failure),
                "event {id} is left to the sweep"
            );
        }
        Err(_) => {
            tracing::warn!(event.id = id, "event {id} takes too long and is left to the sweep");
        }
    }
    false
}
