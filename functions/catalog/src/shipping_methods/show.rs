use super::{ShippingMethodView, tag, visible};
use crate::reader::caching;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::id::ShippingMethodId;
use domain::pricing::shipping_methods;
use lambda::http::caller::Caller;
use lambda::http::{Json, Path, Problem};

/// Show a shipping method
///
/// Staff see all methods; everybody else sees active ones.
#[utoipa::path(
    get,
    path = "/v1/shipping-methods/{method_id}",
    tag = "shipping",
    security((), ("bearer" = [])),
    params(
        ("method_id" = ShippingMethodId, Path, description = "The shipping method's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (
            status = 200,
            description = "The shipping method",
            body = ShippingMethodView,
        ),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 404, description = "`shipping_method_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_shipping_method(
    State(db): State<Db>,
    who: Option<Caller>,
    Path(id): Path<ShippingMethodId>,
) -> Result<impl IntoResponse, Problem> {
    let method = shipping_methods::show(&db, visible(who), id).await?;
    Ok((caching(who), tag(&method), Json(ShippingMethodView::from(method))))
}
