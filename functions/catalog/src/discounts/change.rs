use super::{DiscountView, tag};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::change::Change;
use domain::db::Db;
use domain::failure::Invalid;
use domain::id::DiscountId;
use domain::money::Money;
use domain::pricing::discounts::{
    self, BuyersLimit, DiscountChange, DiscountTitle, Limit, Priority, WindowChange,
};
use lambda::http::caller::Staff;
use lambda::http::{IfMatch, Json, Path, Problem};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A JSON merge patch: absent fields stay unchanged. Code, target, products and what is taken off stay as they were created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Welcome back", "starts_at": "2026-12-01T00:00:00Z", "ends_at": "2027-02-01T00:00:00Z", "max_uses": 200}))]
pub(crate) struct ChangeDiscount {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Change<String>,
    /// In the currency of the amount, if one is taken off. Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<Money>)]
    minimum: Change<Money>,
    /// Null: ever since.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Change<Time>,
    /// Null: for ever.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Change<Time>,
    /// Only of a discount that was created with a limit: not below the number of orders that have it, and never null.
    #[serde(default)]
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 2_147_483_647)]
    max_uses: Change<i64>,
    /// Only of a discount that has such a limit: a higher one, or null, which removes it for good.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 100)]
    max_per_buyer: Change<i64>,
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    combines: Change<bool>,
    /// Null sets it to 100.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1000)]
    priority: Change<i64>,
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    active: Change<bool>,
}

#[derive(Deserialize)]
struct Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

impl TryFrom<ChangeDiscount> for DiscountChange {
    type Error = Invalid;

    fn try_from(body: ChangeDiscount) -> Result<Self, Invalid> {
        let title = body.title.required("/title")?;
        let priority = match body.priority {
            Change::Keep => None,
            Change::Clear => Some(Priority::default()),
            Change::Set(number) => Some(Priority::new(number)?),
        };
        Ok(Self {
            title: title.as_deref().map(DiscountTitle::parse).transpose()?,
            minimum: body.minimum,
            window: WindowChange {
                starts_at: body.starts_at.map(|Time(at)| at),
                ends_at: body.ends_at.map(|Time(at)| at),
            },
            max_uses: body.max_uses.try_map(Limit::new)?,
            max_per_buyer: body.max_per_buyer.try_map(BuyersLimit::new)?,
            combines: body.combines.required("/combines")?,
            priority,
            is_active: body.active.required("/active")?,
        })
    }
}

/// Change a discount
///
/// A JSON merge patch. With `If-Match`, only if the discount has not changed since; its uses do not count. Orders that have it
/// keep it as it was.
#[utoipa::path(
    patch,
    path = "/v1/discounts/{discount_id}",
    tag = "discounts",
    security(("bearer" = [])),
    params(
        ("discount_id" = DiscountId, Path, description = "The discount's id"),
        ("If-Match" = Option<String>, Header, description = "The expected ETag, or several; 412 if none is the current one"),
    ),
    request_body = ChangeDiscount,
    responses(
        (status = 200, description = "The changed discount", body = DiscountView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_if_match`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`discount_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`code_taken`, `limit_fixed`, `below_used`", body = Problem),
        (status = 412, description = "`stale`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn change_discount(
    State(db): State<Db>,
    Staff(staff): Staff,
    Path(id): Path<DiscountId>,
    IfMatch(versions): IfMatch,
    Json(body): Json<ChangeDiscount>,
) -> Result<impl IntoResponse, Problem> {
    let discount =
        discounts::change(&db, staff.id, id, versions.as_deref(), &body.try_into()?).await?;
    Ok((tag(&discount), Json(DiscountView::from(discount))))
}
