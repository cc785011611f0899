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

lambda::interface! {
    pub fn routes() -> Router<Orders>;
    place::place_order,
    list::list_orders,
    show::show_order,
    edit::edit_order,
    confirm::confirm_order,
    ship::ship_order,
    cancel::cancel_order,
    timeline::list_order_events,
}

/// What a body of `POST /v1/orders` asks for; nothing, if it is refused. For those who throw bytes at it.
pub fn read_wish(body: &[u8]) -> Option<domain::ordering::Wish> {
    let wish: place::PlaceOrder = serde_json::from_slice(body).ok()?;
    wish.try_into().ok()
}
