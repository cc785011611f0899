use super::{ProductView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::catalog::{
    self, Change, Description, MetadataChange, ProductChange, ProductName, Sku, Stage, Viewer,
    Weight,
};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::{CategoryId, ProductId};
use domain::money::Currency;
use domain::tax_category::TaxCategory;
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A JSON merge patch: absent fields stay unchanged. Stock is changed under `/v1/inventory`.
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
    /// Null sets it to the empty text.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 5000)]
    description: Change<String>,
    #[serde(default)]
    #[schema(value_type = ChangePrice, required = false)]
    price: Change<ChangePrice>,
    /// Null removes the product from its category.
    #[serde(default)]
    #[schema(value_type = Option<CategoryId>)]
    category: Change<CategoryId>,
    /// Absent keys stay unchanged; a null value removes its key, and null instead of the object removes all.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    metadata: Change<MetadataChange>,
    /// Null sets it to `standard`.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9_-]{0,39}$")]
    tax_category: Change<String>,
    /// Null says that it is not known.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10_000_000)]
    weight_grams: Change<i64>,
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    requires_shipping: Change<bool>,
    #[serde(default)]
    #[schema(value_type = Stage, required = false)]
    status: Change<Stage>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePrice {
    #[serde(default)]
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 999_999_999_999_i64)]
    amount: Change<i64>,
    /// The product's current currency if absent; it cannot be changed.
    #[serde(default)]
    #[schema(value_type = Currency, required = false)]
    currency: Change<Currency>,
}

impl TryFrom<ChangeProduct> for ProductChange {
    type Error = Invalid;

    fn try_from(body: ChangeProduct) -> Result<Self, Invalid> {
        let sku = body.sku.required("/sku")?;
        let name = body.name.required("/name")?;
        let description = body.description.or_default();
        let category =
            body.tax_category.try_map(|raw| TaxCategory::parse("/tax_category", &raw))?;
        let (price_minor, currency) = match body.price.required("/price")? {
            None => (None, None),
            Some(price) => (
                price.amount.required("/price/amount")?,
                price.currency.required("/price/currency")?,
            ),
        };
        Ok(Self {
            sku: sku.as_deref().map(Sku::parse).transpose()?,
            name: name.as_deref().map(ProductName::parse).transpose()?,
            description: description.as_deref().map(Description::parse).transpose()?,
            price_minor,
            currency,
            category: body.category,
            metadata: body.metadata,
            tax_category: category.or_default(),
            weight: body.weight_grams.try_map(Weight::new)?,
            requires_shipping: body.requires_shipping.required("/requires_shipping")?,
            stage: body.status.required("/status")?,
        })
    }
}

/// Change a product
///
/// A JSON merge patch. With `If-Match`, only if the product has not changed since; changes of its stock do not count.
#[utoipa::path(
    patch,
    path = "/v1/products/{product_id}",
    tag = "products",
    security(("bearer" = [])),
    params(
        ("product_id" = ProductId, Path, description = "The product's id"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = ChangeProduct,
    responses(
        (
            status = 200,
            description = "The changed product",
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
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn change_product(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(id): Path<ProductId>,
    IfMatch(versions): IfMatch,
    Json(body): Json<ChangeProduct>,
) -> Result<impl IntoResponse, Problem> {
    let product =
        catalog::change_product(&db, staff.id, id, versions.as_deref(), &body.try_into()?).await?;
    let tag = tag(&product, Viewer::Staff);
    Ok((tag, Json(ProductView::new(product, Viewer::Staff))))
}
