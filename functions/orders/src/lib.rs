//! `/v1/orders`: what customers buy.

mod cancel;
mod list;
mod place;
mod show;
mod view;

use axum::extract::FromRef;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What this function has at hand.
#[derive(Clone)]
pub struct Orders {
    pub app: App,
    pub dispatch: Dispatch,
}

impl FromRef<Orders> for App {
    fn from_ref(orders: &Orders) -> Self {
        orders.app.clone()
    }
}

pub fn routes() -> OpenApiRouter<Orders> {
    OpenApiRouter::new()
        .routes(routes!(place::place_order, list::list_orders))
        .routes(routes!(show::show_order))
        .routes(routes!(cancel::cancel_order))
}
