use super::{DiscountView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::id::DiscountId;
use domain::pricing::discounts;
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};

/// Show a discount
#[utoipa::path(
    get,
    path = "/v1/discounts/{discount_id}",
    tag = "discounts",
    security(("bearer" = [])),
    params(
        ("discount_id" = DiscountId, Path, description = "The discount's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (status = 200, description = "The discount", body = DiscountView),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`discount_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_discount(
    State(db): State<Db>,
    _: Staff,
    Path(id): Path<DiscountId>,
) -> Result<impl IntoResponse, Problem> {
    let discount = discounts::show(&db, id).await?;
    Ok((tag(&discount), Json(DiscountView::from(discount))))
}
