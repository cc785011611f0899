use super::{ProductView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalog::{
    self, Change, Description, MetadataChange, ProductChange, ProductName, Sku, Stage, Viewer,
};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::{CategoryId, ProductId};
use domain::money::Currency;
use lambda::http::token::Staff;
use lambda::http::{IfMatch, Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A merge patch: what is left out stays. Stock moves by other doors.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Very large mug", "price": {"amount": 1490}, "metadata": {"colour": null}}))]
pub(crate) struct ChangeProduct {
    #[serde(default)]
    #[schema(value_type = String, required = false, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    sku: Change<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    name: Change<String>,
    /// Null empties it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 5000)]
    description: Change<String>,
    #[serde(default)]
    #[schema(value_type = ChangePrice, required = false)]
    price: Change<ChangePrice>,
    /// Null takes the product out of its category.
    #[serde(default)]
    #[schema(value_type = Option<CategoryId>)]
    category: Change<CategoryId>,
    /// Keys that are left out stay; null removes one, or all.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    metadata: Change<MetadataChange>,
    #[serde(default)]
    #[schema(value_type = Stage, required = false)]
    status: Change<Stage>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePrice {
    #[serde(default)]
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 99_999_999)]
    amount: Change<i64>,
    /// The one that the product has already.
    #[serde(default)]
    #[schema(value_type = Currency, required = false)]
    currency: Change<Currency>,
}

impl TryFrom<ChangeProduct> for ProductChange {
    type Error = Invalid;

    fn try_from(wish: ChangeProduct) -> Result<Self, Invalid> {
        let sku = wish.sku.unless_cleared("/sku")?;
        let name = wish.name.unless_cleared("/name")?;
        let description = wish.description.or_empty();
        let (price_minor, currency) = match wish.price.unless_cleared("/price")? {
            None => (None, None),
            Some(price) => (
                price.amount.unless_cleared("/price/amount")?,
                price.currency.unless_cleared("/price/currency")?,
            ),
        };
        Ok(Self {
            sku: sku.as_deref().map(Sku::parse).transpose()?,
            name: name.as_deref().map(ProductName::parse).transpose()?,
            description: description.as_deref().map(Description::parse).transpose()?,
            price_minor,
            currency,
            category: wish.category,
            metadata: wish.metadata,
            stage: wish.status.unless_cleared("/status")?,
        })
    }
}

/// Change a product
///
/// A JSON merge patch. With `If-Match`, only if nobody changed the product meanwhile; its stock may have moved.
#[utoipa::path(
    patch,
    path = "/v1/products/{product_id}",
    tag = "products",
    security(("bearer" = [])),
    params(
        ("product_id" = ProductId, Path, description = "The product's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that you saw"),
    ),
    request_body = ChangeProduct,
    responses(
        (
            status = 200,
            description = "The product as it is now",
            body = ProductView,
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`product_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`sku_taken`, `currency_fixed`, `product_archived`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn change_product(
    State(db): State<Db>,
    _: Staff,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Json(wish): Json<ChangeProduct>,
) -> Result<impl IntoResponse, Problem> {
    let product = catalog::change_product(&db, id, seen, &wish.try_into()?).await?;
    let tag = tag(&product, Viewer::Staff);
    Ok((tag, Json(ProductView::new(product, Viewer::Staff))))
}
