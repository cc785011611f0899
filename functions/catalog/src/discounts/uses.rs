use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::id::{DiscountId, OrderId};
use domain::money::Money;
use domain::page::PageRequest;
use domain::pricing::discounts::{self, DiscountUse};
use lambda::http::caller::Staff;
use lambda::http::{List, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDiscountUses {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// An order that has a discount, or had it until it was cancelled.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiscountUseView {
    order: OrderId,
    /// Null if the discount applied by itself.
    #[schema(required, example = "WELCOME")]
    code: Option<String>,
    /// What it took off.
    amount: Money,
    #[serde(with = "time::serde::rfc3339")]
    used_at: OffsetDateTime,
    /// When the order was cancelled, and gave the discount back.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    released_at: Option<OffsetDateTime>,
}

impl From<DiscountUse> for DiscountUseView {
    fn from(used: DiscountUse) -> Self {
        let DiscountUse { order, code, amount, used_at, released_at } = used;
        Self { order, code, amount, used_at, released_at }
    }
}

/// List the uses of a discount
///
/// The newest order first. What an order has of a discount stays as it was when it was placed.
#[utoipa::path(
    get,
    path = "/v1/discounts/{discount_id}/uses",
    tag = "discounts",
    security(("bearer" = [])),
    params(
        ("discount_id" = DiscountId, Path, description = "The discount's id"),
        ListDiscountUses,
    ),
    responses(
        (status = 200, description = "A page of uses", body = List<DiscountUseView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`discount_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_discount_uses(
    State(db): State<Db>,
    _: Staff,
    Path(id): Path<DiscountId>,
    uri: Uri,
    Query(query): Query<ListDiscountUses>,
) -> Result<List<DiscountUseView>, Problem> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let uses = discounts::list_uses(&db, id, &page).await?;
    Ok(List::new(&uri, uses, DiscountUseView::from))
}
