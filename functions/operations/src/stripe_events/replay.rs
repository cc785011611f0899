use super::StripeEventView;
use axum::extract::State;
use axum::http::StatusCode;
use domain::db::Db;
use domain::operations::{self, ReplayOutcome, StripeEventId};
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};

/// Replay a Stripe event
///
/// A waiting or parked event becomes due at once: the sweep, which runs every minute, applies it, once. An event that
/// was applied already stays unchanged. An event of the other mode (`parked_reason` is `livemode`) takes effect only if
/// the setting `STRIPE_LIVEMODE` has been corrected; else it is parked again.
#[utoipa::path(
    post,
    path = "/v1/ops/stripe-events/{event_id}/replay",
    tag = "operations",
    security(("bearer" = [])),
    params(("event_id" = String, Path, description = "Stripe's id of the event", example = "evt_1PqRsTuVwXyZ")),
    responses(
        (status = 200, description = "The event was applied already", body = StripeEventView),
        (status = 202, description = "The event is due, and applied within a minute", body = StripeEventView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`event_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn replay_stripe_event(
    State(db): State<Db>,
    _: Admin,
    Path(id): Path<StripeEventId>,
) -> Result<(StatusCode, Json<StripeEventView>), Problem> {
    let status = match operations::replay(&db, &id).await? {
        ReplayOutcome::Scheduled => StatusCode::ACCEPTED,
        ReplayOutcome::AlreadyProcessed => StatusCode::OK,
    };
    let (event, _) = operations::stripe_event(&db, &id).await?;
    Ok((status, Json(event.into())))
}
