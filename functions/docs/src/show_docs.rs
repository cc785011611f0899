//! Swagger UI, with all of its files served by this function.

use crate::page;
use axum::http::StatusCode;
use axum::response::Response;
use lambda::http::{NoQuery, Path, Problem};
use std::sync::Arc;
use utoipa_swagger_ui::Config;

const DOCS: &str = include_str!("../pages/docs.html");
const STYLE: &str = include_str!("../pages/page.css");

/// Show the API documentation (Swagger UI)
#[utoipa::path(
    get,
    path = "/docs",
    tag = "operations",
    responses(
        (status = 200, description = "Swagger UI", body = String, content_type = "text/html"),
        (status = 400, description = "`bad_query`: it takes no parameters", body = Problem),
    ),
)]
pub(crate) async fn show_docs(_: NoQuery) -> Response {
    page::html(DOCS)
}

/// A script, style or image of a page.
pub(crate) async fn show_asset(Path(file): Path<String>) -> Result<Response, Problem> {
    if file == "page.css" {
        return Ok(page::file("text/css", STYLE));
    }
    let missing = || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such file");
    // No requests to Swagger's online validator.
    let config = Config::new(["/v1/openapi.json"])
        .persist_authorization(true)
        .try_it_out_enabled(true)
        .validator_url("none");
    let asset = utoipa_swagger_ui::serve(&file, Arc::new(config));
    let asset = asset.map_err(|_| missing())?.ok_or_else(missing)?;
    Ok(page::file(&asset.content_type, asset.bytes.into_owned()))
}
