use axum::extract::State;
use axum::http::StatusCode;
use domain::catalog;
use domain::db::Db;
use domain::id::ProductId;
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Path, Problem};

/// Archive a product
///
/// Takes the product off sale and frees its SKU. Existing orders are not affected.
#[utoipa::path(
    delete,
    path = "/v1/products/{product_id}",
    tag = "products",
    security(("bearer" = [])),
    params(
        ("product_id" = ProductId, Path, description = "The product's id"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    responses(
        (status = 204, description = "Archived, or already was"),
        (status = 400, description = "`bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`product_not_found`, `not_found`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn archive_product(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(id): Path<ProductId>,
    IfMatch(versions): IfMatch,
) -> Result<StatusCode, Problem> {
    catalog::archive_product(&db, staff.id, id, versions.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
