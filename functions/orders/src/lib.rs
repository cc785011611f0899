//! `/v1/orders`: what customers buy.

mod address;
mod cancel;
mod confirm;
mod edit;
mod expand;
mod list;
mod place;
mod ship;
mod show;
mod timeline;
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
        .routes(routes!(show::show_order, edit::edit_order))
        .routes(routes!(confirm::confirm_order))
        .routes(routes!(ship::ship_order))
        .routes(routes!(cancel::cancel_order))
        .routes(routes!(timeline::list_order_events))
}

/// What a body of `POST /v1/orders` asks for; nothing, if it is refused. For those who throw bytes at it.
pub fn read_wish(body: &[u8]) -> Option<domain::ordering::Wish> {
    let wish: place::PlaceOrder = serde_json::from_slice(body).ok()?;
    wish.try_into().ok()
}
