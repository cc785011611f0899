use super::StripeEventView;
use axum::extract::State;
use domain::db::Db;
use domain::operations::{self, StripeEventId};
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event with what is kept of its payload.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeStripeEventView {
    #[serde(flatten)]
    event: StripeEventView,
    /// The members of the body that the shop reads, none of which names a person; Stripe's dashboard has all. A body that is
    /// no event is shown as received: JSON, else text, else null if it is not UTF-8.
    #[schema(value_type = Value)]
    raw: Value,
}

/// Show a Stripe event
#[utoipa::path(
    get,
    path = "/v1/ops/stripe-events/{event_id}",
    tag = "operations",
    security(("bearer" = [])),
    params(("event_id" = String, Path, description = "Stripe's id of the event", example = "evt_1PqRsTuVwXyZ")),
    responses(
        (status = 200, description = "The event", body = WholeStripeEventView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`event_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_stripe_event(
    State(db): State<Db>,
    _: Admin,
    Path(id): Path<StripeEventId>,
) -> Result<Json<WholeStripeEventView>, Problem> {
    let (event, raw) = operations::stripe_event(&db, &id).await?;
    Ok(Json(WholeStripeEventView { event: event.into(), raw }))
}
