use crate::Payments;
use crate::view::{PaymentView, RefundView};
use axum::extract::State;
use domain::id::{OrderId, PaymentId, RefundId};
use domain::page::Page;
use domain::payments::{self, refund};
use domain::workflows;
use lambda::http::caller::{Caller, Staff};
use lambda::http::shopper::OrderActor;
use lambda::http::{Json, List, Path, Problem};

/// Show a payment
///
/// Customers see payments of their own orders, staff all.
#[utoipa::path(
    get,
    path = "/v1/payments/{payment_id}",
    tag = "payments",
    security(("bearer" = [])),
    params(("payment_id" = PaymentId, Path, description = "The payment's id")),
    responses(
        (status = 200, description = "The payment", body = PaymentView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`payment_not_found`, also for a payment of another user", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_payment(
    State(Payments { app, .. }): State<Payments>,
    who: Caller,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    let viewer = who.views_orders();
    let payment = payments::show(&app.db, viewer, id).await?;
    Ok(Json(PaymentView::new(payment, viewer)))
}

/// List an order's payments
///
/// All payments of the order, successful or not, oldest first, on one page.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}/payments",
    tag = "payments",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The payments", body = List<PaymentView>),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_payments(
    State(Payments { app, .. }): State<Payments>,
    OrderActor(who): OrderActor,
    uri: axum::http::Uri,
    Path(order): Path<OrderId>,
) -> Result<List<PaymentView>, Problem> {
    let viewer = who.viewer();
    let items = workflows::payments_of_order(&app.db, viewer, order).await?;
    Ok(List::new(&uri, Page::whole(items), |payment| PaymentView::new(payment, viewer)))
}

/// Show a refund
#[utoipa::path(
    get,
    path = "/v1/refunds/{refund_id}",
    tag = "payments",
    security(("bearer" = [])),
    params(("refund_id" = RefundId, Path, description = "The refund's id")),
    responses(
        (status = 200, description = "The refund", body = RefundView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`refund_not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_refund(
    State(Payments { app, .. }): State<Payments>,
    _: Staff,
    Path(id): Path<RefundId>,
) -> Result<Json<RefundView>, Problem> {
    Ok(Json(refund::show(&app.db, id).await?.into()))
}
