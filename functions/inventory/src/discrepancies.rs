use axum::extract::State;
use axum::http::Uri;
use domain::acknowledgement::Acknowledgement;
use domain::db::Db;
use domain::id::ProductId;
use domain::inventory::{self, Discrepancy, DiscrepancyReason};
use domain::page::PageRequest;
use lambda::http::caller::Staff;
use lambda::http::{List, Problem, Query};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDiscrepancies {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// A count that does not fit the stock.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiscrepancyView {
    /// What `/v1/ops/attention` has as the id of its subject.
    id: i64,
    /// Null if no product has the SKU.
    #[schema(required)]
    product: Option<ProductId>,
    sku: String,
    reason: DiscrepancyReason,
    /// The supplier or warehouse that counted.
    #[schema(example = "acme")]
    source: String,
    sequence: i64,
    counted: i32,
    /// Pieces reserved at that time.
    reserved: i32,
    #[serde(with = "time::serde::rfc3339")]
    found_at: OffsetDateTime,
    /// Null until an admin acknowledges it.
    #[schema(required)]
    acknowledged: Option<Acknowledgement>,
}

impl From<Discrepancy> for DiscrepancyView {
    fn from(discrepancy: Discrepancy) -> Self {
        let Discrepancy {
            number: id,
            product,
            sku,
            reason,
            source,
            sequence,
            counted,
            reserved,
            found_at,
            acknowledged,
        } = discrepancy;
        Self {
            id,
            product,
            sku,
            reason,
            source,
            sequence,
            counted,
            reserved,
            found_at,
            acknowledged,
        }
    }
}

/// List stock discrepancies
///
/// Counts that do not fit the stock, which staff should check. Newest first.
///
/// Formerly `/v1/inventory/discrepancies`, which answers until a product has that SKU.
#[utoipa::path(
    get,
    path = "/v1/stock-discrepancies",
    tag = "inventory",
    security(("bearer" = [])),
    params(ListDiscrepancies),
    responses(
        (status = 200, description = "A page of discrepancies", body = List<DiscrepancyView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_discrepancies(
    State(db): State<Db>,
    _: Staff,
    uri: Uri,
    Query(ListDiscrepancies { limit, cursor }): Query<ListDiscrepancies>,
) -> Result<List<DiscrepancyView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let discrepancies = inventory::discrepancies(&db, &page).await?;
    Ok(List::new(&uri, discrepancies, DiscrepancyView::from))
}
