//! Health, readiness and version, for load balancers, deploys and on-call staff.

use axum::extract::State;
use axum::http::StatusCode;
use domain::db::Db;
use lambda::http::{Json, NoQuery, Problem};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthView {
    #[schema(example = "ok")]
    status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionView {
    #[schema(example = "tradepost")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// Check liveness
///
/// Depends on nothing but this function.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    responses(
        (status = 200, description = "The function runs", body = HealthView),
        (status = 400, description = "`bad_query`: it takes no parameters", body = Problem),
    ),
)]
pub(crate) async fn show_health(_: NoQuery) -> Json<HealthView> {
    Json(HealthView { status: "ok" })
}

/// Check readiness
///
/// Queries the database.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    responses(
        (status = 200, description = "The database answers", body = HealthView),
        (status = 400, description = "`bad_query`: it takes no parameters", body = Problem),
        (status = 503, description = "`unavailable`: the database does not answer", body = Problem),
    ),
)]
pub(crate) async fn show_readiness(
    State(db): State<Db>,
    _: NoQuery,
) -> Result<Json<HealthView>, Problem> {
    match db.ping().await {
        Ok(()) => Ok(Json(HealthView { status: "ready" })),
        Err(error) => {
            tracing::error!(error = domain::failure::chain(&error), "database does not answer");
            let detail = "the database does not answer";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail))
        }
    }
}

/// Show the version
#[utoipa::path(
    get,
    path = "/version",
    tag = "operations",
    responses(
        (status = 200, description = "Name and version of the API", body = VersionView),
        (status = 400, description = "`bad_query`: it takes no parameters", body = Problem),
    ),
)]
pub(crate) async fn show_version(_: NoQuery) -> Json<VersionView> {
    Json(VersionView { name: "tradepost", version: env!("CARGO_PKG_VERSION") })
}
