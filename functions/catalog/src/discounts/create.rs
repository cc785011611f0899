use super::DiscountView;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::{CategoryId, ProductId};
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::money::Money;
use domain::pricing::DiscountTarget;
use domain::pricing::discounts::{
    self, BuyersLimit, Discount, DiscountCode, DiscountTitle, Limit, NewDiscount, Priority, Scope,
    Value, Window,
};
use lambda::http::caller::Staff;
use lambda::http::{ETag, IdempotentResponse, MaybeIdempotentJson, Problem};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Either `percent_bp` or `amount` says how much is taken off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Welcome",
    "code": "WELCOME",
    "target": "order",
    "percent_bp": 1000,
    "minimum": {"amount": 5000, "currency": "EUR"},
    "starts_at": "2026-12-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
    "max_uses": 100,
    "max_per_buyer": 1,
}))]
pub(crate) struct CreateDiscount {
    /// What buyers see on the bill.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Accepted in any case. Without one, the discount applies by itself.
    #[schema(pattern = "^ *[A-Za-z0-9][A-Za-z0-9_-]{2,39} *$")]
    code: Option<String>,
    target: DiscountTarget,
    /// Hundredths of a percent: 1250 is 12.5 %.
    #[schema(minimum = 1, maximum = 10_000)]
    percent_bp: Option<i64>,
    /// Taken off once, not from each piece, and only in this currency.
    amount: Option<Money>,
    /// The least price of the lines that it is taken off, before discounts. It then applies in this currency only.
    minimum: Option<Money>,
    /// For the target `products`: these, and those of `categories`.
    #[serde(default)]
    #[schema(max_items = 1000)]
    products: Vec<ProductId>,
    /// For the target `products`. With their subcategories.
    #[serde(default)]
    #[schema(max_items = 100)]
    categories: Vec<CategoryId>,
    /// By default, it applies at once.
    #[serde(default, with = "time::serde::rfc3339::option")]
    starts_at: Option<OffsetDateTime>,
    /// It applies before this time. By default, it does not end.
    #[serde(default, with = "time::serde::rfc3339::option")]
    ends_at: Option<OffsetDateTime>,
    /// How many orders may have it. One that is cancelled gives it back. Whether there is a limit stays as it is.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    max_uses: Option<i64>,
    /// How many orders of one buyer may have it.
    #[schema(minimum = 1, maximum = 100)]
    max_per_buyer: Option<i64>,
    /// Whether it applies together with others that combine; if not, it applies alone.
    #[serde(default)]
    combines: bool,
    /// Of two equally good discounts, the one with the lower number applies. 100 by default.
    #[schema(minimum = 0, maximum = 1000)]
    priority: Option<i64>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    active: bool,
}

fn yes() -> bool {
    true
}

impl TryFrom<CreateDiscount> for NewDiscount {
    type Error = Invalid;

    fn try_from(body: CreateDiscount) -> Result<Self, Invalid> {
        let code = body.code.map(|code| DiscountCode::parse("/code", &code)).transpose()?;
        Ok(Self {
            title: DiscountTitle::parse(&body.title)?,
            code,
            scope: Scope::new(body.target, body.products, body.categories)?,
            value: Value::new(body.percent_bp, body.amount, body.minimum)?,
            window: Window::new(body.starts_at, body.ends_at)?,
            max_uses: body.max_uses.map(Limit::new).transpose()?,
            max_per_buyer: body.max_per_buyer.map(BuyersLimit::new).transpose()?,
            combines: body.combines,
            priority: body.priority.map(Priority::new).transpose()?.unwrap_or_default(),
            is_active: body.active,
        })
    }
}

/// Create a discount
#[utoipa::path(
    post,
    path = "/v1/discounts",
    tag = "discounts",
    security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = CreateDiscount,
    responses(
        (
            status = 201,
            description = "The new discount",
            body = DiscountView,
            headers(("ETag" = String, description = "The entity tag, for `If-Match`")),
        ),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 409, description = "`code_taken`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn create_discount(
    State(db): State<Db>,
    Staff(who): Staff,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<CreateDiscount>,
) -> Result<impl IntoResponse, Problem> {
    let call = IdempotentCall { request, respond: created };
    let response = discounts::create(&db, who.id, &body.try_into()?, &call).await?;
    // The tag of the discount as created, also for a replayed response: version 1, no uses.
    let tag = ETag::version(1).and(0);
    Ok((tag, IdempotentResponse::created(response, "/v1/discounts")))
}

fn created(discount: &Discount) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &DiscountView::from(discount.clone()))
}
