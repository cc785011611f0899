//! `/v1/inventory`: stock levels, adjustments, movements and counts.

mod adjust;
mod count_row;
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

lambda::interface! {
    pub fn routes() -> Router<Inventory>;
    list::list_stock,
    sync::sync_counts,
    discrepancies::list_discrepancies,
    show::show_stock,
    adjust::adjust_stock,
    movements::list_movements,
    threshold::set_threshold,
}
