use super::{ProductView, tag};
use crate::reader::{caching, viewer};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalog;
use domain::db::Db;
use domain::id::ProductId;
use lambda::http::caller::Caller;
use lambda::http::{Json, Path, Problem};

/// Show a product
///
/// Staff see all products and all counts of stock; everybody else sees active products.
#[utoipa::path(
    get,
    path = "/v1/products/{product_id}",
    tag = "products",
    security((), ("bearer" = [])),
    params(
        ("product_id" = ProductId, Path, description = "The product's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of cached responses"),
    ),
    responses(
        (
            status = 200,
            description = "The product",
            body = ProductView,
        ),
        (status = 304, description = "Not modified"),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 404, description = "`product_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_product(
    State(db): State<Db>,
    who: Option<Caller>,
    Path(id): Path<ProductId>,
) -> Result<impl IntoResponse, Problem> {
    let viewer = viewer(who);
    let product = catalog::show_product(&db, viewer, id).await?;
    let tag = tag(&product, viewer);
    Ok((caching(who), tag, Json(ProductView::new(product, viewer))))
}
