use axum::extract::State;
use axum::http::Uri;
use domain::db::Db;
use domain::id::ProductId;
use domain::inventory::{self, Discrepancy};
use domain::page::Page;
use lambda::http::token::Staff;
use lambda::http::{List, Problem, Query};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDiscrepancies {
    /// Twenty unless you say otherwise.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A count of fewer pieces than are promised. The shelf was set to what is promised.
#[derive(Serialize, ToSchema)]
pub(crate) struct DiscrepancyView {
    product: ProductId,
    sku: String,
    /// Who counted.
    #[schema(example = "acme")]
    source: String,
    sequence: i64,
    counted: i32,
    /// How many were promised then.
    reserved: i32,
    #[serde(with = "time::serde::rfc3339")]
    found_at: OffsetDateTime,
}

impl From<Discrepancy> for DiscrepancyView {
    fn from(found: Discrepancy) -> Self {
        let Discrepancy { product, sku, source, sequence, counted, reserved, found_at, .. } = found;
        Self { product, sku, source, sequence, counted, reserved, found_at }
    }
}

/// List counts that fell short
///
/// A supplier counted fewer pieces than are promised to customers: somebody must look. The newest first.
#[utoipa::path(
    get,
    path = "/v1/inventory/discrepancies",
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
    let page = Page::new(limit, cursor.as_deref())?;
    let discrepancies = inventory::discrepancies(&db, &page).await?;
    Ok(List::new(&uri, discrepancies, DiscrepancyView::from))
}
