use crate::Payments;
use crate::view::RefundView;
use axum::extract::State;
use axum::http::Uri;
use domain::id::PaymentId;
use domain::page::PageRequest;
use domain::payments::refund::{self, RefundStatus};
use lambda::http::caller::Staff;
use lambda::http::{List, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRefunds {
    /// Only refunds in this status.
    status: Option<RefundStatus>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List refunds
///
/// Includes refunds made in Stripe's dashboard. Newest first.
#[utoipa::path(
    get,
    path = "/v1/refunds",
    tag = "payments",
    security(("bearer" = [])),
    params(ListRefunds),
    responses(
        (status = 200, description = "A page of refunds", body = List<RefundView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_refunds(
    State(payments): State<Payments>,
    _: Staff,
    uri: Uri,
    Query(query): Query<ListRefunds>,
) -> Result<List<RefundView>, Problem> {
    page(&payments, None, &uri, query).await
}

/// List a payment's refunds
#[utoipa::path(
    get,
    path = "/v1/payments/{payment_id}/refunds",
    tag = "payments",
    security(("bearer" = [])),
    params(("payment_id" = PaymentId, Path, description = "The payment's id"), ListRefunds),
    responses(
        (status = 200, description = "A page of refunds", body = List<RefundView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_payment_refunds(
    State(payments): State<Payments>,
    _: Staff,
    uri: Uri,
    Path(payment): Path<PaymentId>,
    Query(query): Query<ListRefunds>,
) -> Result<List<RefundView>, Problem> {
    page(&payments, Some(payment), &uri, query).await
}

async fn page(
    Payments { app, .. }: &Payments,
    payment: Option<PaymentId>,
    uri: &Uri,
    ListRefunds { status, limit, cursor }: ListRefunds,
) -> Result<List<RefundView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let refunds = refund::list(&app.db, payment, status, &page).await?;
    Ok(List::new(uri, refunds, RefundView::from))
}
