//! The interface, for programs.

use crate::page;
use axum::response::Response;

/// Written by the contract test from the routes of all functions.
const OPENAPI: &str = include_str!("../openapi.json");

/// The description of this interface, OpenAPI 3.1
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    tag = "operations",
    responses((status = 200, description = "The document", body = Object, content_type = "application/json")),
)]
pub(crate) async fn show_openapi() -> Response {
    page::file("application/json", OPENAPI)
}
