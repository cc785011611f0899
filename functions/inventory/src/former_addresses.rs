//! Addresses that lists and counts had before. Beside `{sku}` no word is free: it may be the SKU of a product, which has
//! precedence.

use crate::discrepancies::{ListDiscrepancies, list_discrepancies};
use crate::level::StockLevelView;
use crate::show::show_stock;
use crate::sku::Sku;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use domain::db::Db;
use domain::failure::Failure;
use domain::inventory::{self, Refusal};
use lambda::http::caller::Staff;
use lambda::http::{Json, Path, Problem, Query};

/// The stock of a product with the SKU `sync`: at this address, `POST` is that of counts.
pub(crate) async fn show_sync(db: State<Db>, who: Staff) -> Result<Json<StockLevelView>, Problem> {
    show_stock(db, who, Path(Sku("sync".to_owned()))).await
}

/// The stock of a product with the SKU `discrepancies`; the list of discrepancies while there is none.
pub(crate) async fn show_or_list_discrepancies(
    db: State<Db>,
    who: Staff,
    uri: Uri,
    query: Result<Query<ListDiscrepancies>, Problem>,
) -> Result<Response, Problem> {
    match inventory::show(&db, "discrepancies").await {
        Ok(level) => Ok(Json(StockLevelView::from(&level)).into_response()),
        Err(Failure::Refused(Refusal::UnknownSku(_))) => {
            list_discrepancies(db, who, uri, query?).await.map(IntoResponse::into_response)
        }
        Err(failure) => Err(failure.into()),
    }
}
