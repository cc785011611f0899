//! Stock levels, adjustments, movements, counts and discrepancies.

mod adjust;
mod count_row;
mod discrepancies;
mod former_addresses;
mod level;
mod list;
mod movements;
mod show;
mod sku;
mod sync;
mod threshold;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use domain::db::Db;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::App;

/// The state of this function.
#[derive(Clone)]
pub struct Inventory {
    pub app: App,
    pub dispatcher: OutboxDispatcher,
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

/// All routes, with those that are served under a former address.
pub fn routes() -> Router<Inventory> {
    let sync = post(sync::sync_counts).get(former_addresses::show_sync);
    let discrepancies = get(former_addresses::show_or_list_discrepancies);
    published_routes()
        .route("/v1/inventory/sync", sync)
        .route("/v1/inventory/discrepancies", discrepancies)
}

lambda::interface! {
    fn published_routes() -> Router<Inventory>;
    list::list_stock,
    sync::sync_counts,
    discrepancies::list_discrepancies,
    show::show_stock,
    adjust::adjust_stock,
    movements::list_movements,
    threshold::set_threshold,
}
