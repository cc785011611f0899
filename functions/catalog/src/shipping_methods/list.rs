use super::{ShippingMethodView, visible};
use crate::reader::caching;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use domain::db::Db;
use domain::page::PageRequest;
use domain::pricing::shipping_methods;
use lambda::http::caller::Caller;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListShippingMethods {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List shipping methods
///
/// By their positions. Staff see all methods; everybody else sees active ones.
#[utoipa::path(
    get,
    path = "/v1/shipping-methods",
    tag = "shipping",
    security((), ("bearer" = [])),
    params(ListShippingMethods),
    responses(
        (
            status = 200,
            description = "A page of shipping methods",
            body = List<ShippingMethodView>,
        ),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`: the token is not valid", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_shipping_methods(
    State(db): State<Db>,
    who: Option<Caller>,
    uri: Uri,
    Query(query): Query<ListShippingMethods>,
) -> Result<impl IntoResponse, Problem> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let methods = shipping_methods::list(&db, visible(who), &page).await?;
    Ok((caching(who), List::new(&uri, methods, ShippingMethodView::from)))
}
