use axum::extract::State;
use domain::acknowledgement::{Acknowledgement, Reason};
use domain::db::Db;
use domain::operations::AttentionKind;
use domain::workflows;
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// Why it need not be dealt with any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "A payment of our other shop, on the same Stripe account"}))]
pub(crate) struct Acknowledge {
    /// Kept with your account and the time. Name no customers.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Acknowledge what waits for a person
///
/// It leaves the list, its own list shows the acknowledgement, and a reconciliation that finds the same again raises no alarm.
/// It waits again in another state, such as an inquiry that becomes a dispute, or an event that is replayed and parked anew.
/// What was acknowledged before stays so, with the first reason. `fraud_warning`, `requested_return`, `refunded_order` and
/// `dead_letters` cannot be acknowledged: they wait until they are dealt with.
#[utoipa::path(
    post,
    path = "/v1/ops/attention/{kind}/{subject}/acknowledge",
    tag = "operations",
    security(("bearer" = [])),
    params(
        ("kind" = AttentionKind, Path, description = "The kind of what waits", example = "parked_stripe_event"),
        ("subject" = String, Path, description = "The `id` of its subject", example = "evt_1PqRsTuVwXyZ"),
    ),
    request_body = Acknowledge,
    responses(
        (status = 200, description = "The acknowledgement", body = Acknowledgement),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`nothing_waits`, `not_found`", body = Problem),
        (status = 409, description = "`not_waiting`, `not_acknowledgeable`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn acknowledge(
    State(db): State<Db>,
    Admin(who): Admin,
    Path((kind, subject)): Path<(AttentionKind, String)>,
    Json(body): Json<Acknowledge>,
) -> Result<Json<Acknowledgement>, Problem> {
    let reason = Reason::parse(&body.reason)?;
    Ok(Json(workflows::acknowledge(&db, who.id, kind, &subject, &reason).await?))
}
