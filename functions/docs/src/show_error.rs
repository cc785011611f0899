//! The page of an error code; the `type` of a problem is its URL.

use crate::error_codes;
use crate::page;
use axum::http::StatusCode;
use axum::response::Response;
use lambda::http::{Path, Problem};

const PAGE: &str = include_str!("../pages/error.html");

/// Explain an error code
#[utoipa::path(
    get,
    path = "/errors/{code}",
    tag = "operations",
    params(("code" = String, Path, description = "The `code` of a problem", example = "out_of_stock")),
    responses(
        (status = 200, description = "What the code means and what to do about it", body = String, content_type = "text/html"),
        (status = 404, description = "`not_found`: no error has this code", body = Problem),
    ),
)]
pub(crate) async fn show_error(Path(code): Path<String>) -> Result<Response, Problem> {
    let Some((code, meaning, advice)) = error_codes::find(&code) else {
        let detail = "no error has this code";
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", detail));
    };
    let page = PAGE.replace("{code}", code).replace("{meaning}", meaning);
    Ok(page::html(page.replace("{advice}", advice)))
}
