use crate::Webhook;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::db::Db;
use domain::failure::chain;
use domain::payment::{self, EventHead};
use lambda::http::{Json, Problem, Raw};
use serde::Serialize;
use std::time::Duration;
use stripe_gateway::notice;
use stripe_gateway::webhook::Forged;
use utoipa::ToSchema;

/// Stripe waits for our answer meanwhile. What takes longer is left to the sweep.
const EFFECT_AT_ONCE: Duration = Duration::from_secs(2);

/// The event is in safe hands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Receipt {
    received: bool,
}

/// Receive a Stripe event
///
/// For Stripe only. The event is kept together with its effect, or without it if that fails or takes long; the answer is
/// 200 once it is kept, and 503 if it could not be kept, so that Stripe sends it again.
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
        (status = 200, description = "The event is kept", body = Receipt),
        (status = 400, description = "`bad_signature`: not signed by Stripe, or not just now; `not_text`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 503, description = "`unavailable`: send it again", body = Problem),
    ),
)]
pub(crate) async fn receive_stripe_event(
    State(Webhook { db, clock, dispatch, secrets, live }): State<Webhook>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Json<Receipt>, Problem> {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let verified = secrets.now().await?.verify(signature.unwrap_or_default(), &body, clock.now());
    verified.map_err(refused)?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "not_text", "the body is not UTF-8"))?;
    match stripe_gateway::head(&body) {
        Ok(head) => {
            let raw = stripe_gateway::without_secrets(text);
            if !take_in(&db, &head, raw.as_bytes(), live, &body).await {
                payment::record(&db, &head, raw.as_bytes(), live).await?;
            }
            dispatch.try_soon(&db).await;
        }
        // Authentic, and beyond us. Refusing it would only bring it back for three days.
        Err(unreadable) => tracing::error!(error = chain(&unreadable), "an event cannot be kept"),
    }
    Ok(Json(Receipt { received: true }))
}

fn refused(forged: Forged) -> Problem {
    // With a secret of ours: a clock is off, or somebody sends again what he overheard. The template counts these lines.
    if forged == Forged::OutOfTime {
        tracing::warn!("a webhook is signed out of time");
    }
    Problem::new(StatusCode::BAD_REQUEST, "bad_signature", forged.to_string())
}

/// Whether the event is kept, and its effect with it. If not, or if nobody knows, it must be kept without: the sweep sees
/// to its effect.
async fn take_in(db: &Db, head: &EventHead, raw: &[u8], live: bool, body: &[u8]) -> bool {
    let id = &head.id;
    let notice = notice(body);
    let received = payment::receive(db, head, raw, live, &notice);
    match tokio::time::timeout(EFFECT_AT_ONCE, received).await {
        Ok(Ok(())) => {
            tracing::info!(event.id = id, event.kind = head.kind, "event {id} is taken in");
            return true;
        }
        Ok(Err(failure)) => {
            tracing::error!(
                event.id = id,
                error = chain(&failure),
                "event {id} is left to the sweep"
            );
        }
        Err(_) => tracing::warn!(event.id = id, "event {id} takes long, it is left to the sweep"),
    }
    false
}
