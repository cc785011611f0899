//! `/v1/inventory`: what lies on the shelves.

mod adjust;
mod discrepancies;
mod level;
mod list;
mod movements;
mod show;
mod sku;
mod sync;
mod threshold;

use axum::extract::FromRef;
use domain::db::Db;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What this function has at hand.
#[derive(Clone)]
pub struct Inventory {
    pub app: App,
    pub dispatch: Dispatch,
}

impl FromRef<Inventory> for App {
    fn from_ref(inventory: &Inventory) -> Self {
        inventory.app.clone()
    }
}

impl FromRef<Inventory> for Db {
    fn from_ref(inventory: &Inventory) -> Self {
        inventory.app.db.clone()
    }
}

pub fn routes() -> OpenApiRouter<Inventory> {
    OpenApiRouter::new()
        .routes(routes!(list::list_stock))
        .routes(routes!(sync::sync_counts))
        .routes(routes!(discrepancies::list_discrepancies))
        .routes(routes!(show::show_stock))
        .routes(routes!(adjust::adjust_stock))
        .routes(routes!(movements::list_movements))
        .routes(routes!(threshold::set_threshold))
}
