use crate::level::StockLevelView;
use crate::sku::Sku;
use axum::extract::State;
use domain::db::Db;
use domain::inventory;
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem};

/// Show the stock level of a product
#[utoipa::path(
    get,
    path = "/v1/inventory/{sku}",
    tag = "inventory",
    security(("bearer" = [])),
    params(("sku" = String, Path, description = "The product's SKU, or its id, which finds archived products as well", example = "MUG-01")),
    responses(
        (status = 200, description = "The product's stock level", body = StockLevelView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`unknown_sku`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_stock(
    State(db): State<Db>,
    _: Staff,
    Path(Sku(sku)): Path<Sku>,
) -> Result<Json<StockLevelView>, Problem> {
    let level = inventory::show(&db, &sku).await?;
    Ok(Json(StockLevelView::from(&level)))
}
