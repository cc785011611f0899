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
