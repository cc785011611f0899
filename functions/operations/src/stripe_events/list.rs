use super::StripeEventView;
use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::operations::{self, StripeEventFilter, StripeEventState};
use domain::page::PageRequest;
use lambda::http::caller::Admin;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListStripeEvents {
    /// Only events in this state.
    state: Option<StripeEventState>,
    /// Only events of this type, such as `payment_intent.succeeded`.
    #[serde(rename = "type")]
    #[param(max_length = 255)]
    kind: Option<String>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List Stripe events
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/ops/stripe-events",
    tag = "operations",
    security(("bearer" = [])),
    params(ListStripeEvents),
    responses(
        (status = 200, description = "A page of events", body = List<StripeEventView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_stripe_events(
    State(db): State<Db>,
    _: Admin,
    uri: Uri,
    Query(ListStripeEvents { state, kind, limit, cursor }): Query<ListStripeEvents>,
) -> Result<List<StripeEventView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let filter = StripeEventFilter::new(state, kind.as_deref())?;
    let events = operations::stripe_events(&db, &filter, &page).await?;
    Ok(List::new(&uri, events, StripeEventView::from))
}
