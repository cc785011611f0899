use super::{PricingView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::pricing::settings;
use lambda::http::caller::Staff;
use lambda::http::{Json, Problem};

/// Show the settings of prices
#[utoipa::path(
    get,
    path = "/v1/pricing",
    tag = "taxes",
    security(("bearer" = [])),
    params(
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (status = 200, description = "The settings", body = PricingView),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_pricing(
    State(db): State<Db>,
    _: Staff,
) -> Result<impl IntoResponse, Problem> {
    let pricing = settings::show(&db).await?;
    Ok((tag(&pricing), Json(PricingView::from(pricing))))
}
