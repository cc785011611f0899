use super::ProductView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::catalog::{
    Description, InitialStock, Metadata, NewProduct, Price, Product, ProductName, Sku, Stage,
    Viewer, Weight,
};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::money::Money;
use domain::tax_category::TaxCategory;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{ETag, IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sku": "MUG-01",
    "name": "Large mug",
    "description": "Stoneware, 400 ml.",
    "price": {"amount": 1250, "currency": "EUR"},
    "stock": 40,
    "metadata": {"colour": "blue"},
    "weight_grams": 350,
    "status": "active",
}))]
pub(crate) struct CreateProduct {
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    sku: String,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 5000)]
    description: String,
    price: Money,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    stock: i64,
    category: Option<CategoryId>,
    /// At most 50 keys of 40 characters, values of 500 characters, and 8 KiB in all.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    /// What it is taxed as; `standard` by default.
    #[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,39}$")]
    tax_category: Option<String>,
    /// Of one piece. Without it, methods that are priced by weight are not offered.
    #[schema(minimum = 0, maximum = 10_000_000)]
    weight_grams: Option<i64>,
    /// False for what is not sent, such as a download; true by default.
    #[serde(default = "yes")]
    requires_shipping: bool,
    #[serde(default)]
    status: Stage,
}

fn yes() -> bool {
    true
}

impl TryFrom<CreateProduct> for NewProduct {
    type Error = Invalid;

    fn try_from(body: CreateProduct) -> Result<Self, Invalid> {
        let category = body.tax_category.as_deref();
        let category = category.map(|raw| TaxCategory::parse("/tax_category", raw)).transpose()?;
        Ok(Self {
            sku: Sku::parse(&body.sku)?,
            name: ProductName::parse(&body.name)?,
            description: Description::parse(&body.description)?,
            price: Price::new(body.price)?,
            stock: InitialStock::new(body.stock)?,
            category: body.category,
            metadata: Metadata::new(body.metadata)?,
            tax_category: category.unwrap_or_default(),
            weight: body.weight_grams.map(Weight::new).transpose()?,
            requires_shipping: body.requires_shipping,
            stage: body.status,
        })
    }
}

/// Create a product
#[utoipa::path(
    post,
    path = "/v1/products",
    tag = "products",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateProduct,
    responses(
        (
            status = 201,
            description = "The new product",
            body = ProductView,
            headers(("ETag" = String, description = "The entity tag, for `If-Match`")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`sku_taken`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_product(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<CreateProduct>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewProduct::try_from(body)?;
    let call = IdempotentCall { request, respond: created };
    let response = workflows::create_product(&db, who.id, &new, &call).await?;
    // The tag of the product as created, also for a replayed response: version 1, nothing reserved.
    let tag = ETag::version(1).and(new.stock.pieces()).and(0);
    Ok((tag, IdempotentResponse::created(response, "/v1/products")))
}

fn created(product: &Product) -> RecordedResponse {
    IdempotentResponse::record(
        StatusCode::CREATED,
        &ProductView::new(product.clone(), Viewer::Staff),
    )
}
