//! The page that explains how prices are computed. A test of tests/api compares its example with a quote.

use crate::page;
use axum::response::Response;
use lambda::http::{NoQuery, Problem};

const PAGE: &str = include_str!("../pages/pricing.html");

/// Explain how prices are computed
#[utoipa::path(
    get,
    path = "/docs/pricing",
    tag = "operations",
    responses(
        (status = 200, description = "Units, rounding and the order of steps, with an example", body = String, content_type = "text/html"),
        (status = 400, description = "`bad_query`: it takes no parameters", body = Problem),
    ),
)]
pub(crate) async fn explain_pricing(_: NoQuery) -> Response {
    page::html(PAGE)
}
