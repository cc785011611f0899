use super::ProductView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::catalog::{
    self, Description, FirstStock, Metadata, NewProduct, Price, Product, ProductName, Sku, Stage,
    Viewer,
};
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::CategoryId;
use domain::idempotency::{Answer, Once};
use domain::money::Money;
use lambda::http::token::Staff;
use lambda::http::{MaybeKeyed, Problem, Reply, Tag};
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
    #[serde(default)]
    status: Stage,
}

impl TryFrom<CreateProduct> for NewProduct {
    type Error = Invalid;

    fn try_from(wish: CreateProduct) -> Result<Self, Invalid> {
        Ok(Self {
            sku: Sku::parse(&wish.sku)?,
            name: ProductName::parse(&wish.name)?,
            description: Description::parse(&wish.description)?,
            price: Price::new(wish.price)?,
            stock: FirstStock::new(wish.stock)?,
            category: wish.category,
            metadata: Metadata::new(wish.metadata)?,
            stage: wish.status,
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
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    request_body = CreateProduct,
    responses(
        (
            status = 201,
            description = "The new product",
            body = ProductView,
            headers(("ETag" = String, description = "What to send as If-Match")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`sku_taken`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_product(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeKeyed { ticket, wish }: MaybeKeyed<CreateProduct>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewProduct::try_from(wish)?;
    let answer = catalog::create_product(&db, who.id, &new, &Once { ticket, put: created }).await?;
    // As it was created: the first version, with nothing promised yet. The same goes for a repetition.
    let tag = Tag::version(1).and(new.stock.pieces()).and(0);
    Ok((tag, Reply::created(answer, "/v1/products")))
}

fn created(product: &Product) -> Answer {
    Reply::answer(StatusCode::CREATED, &ProductView::new(product.clone(), Viewer::Staff))
}
