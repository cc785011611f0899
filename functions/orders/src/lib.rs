//! `/v1/orders`: placing, reading, editing, confirming, shipping and cancelling orders, and making orders of checkouts.
//! `/v1/fulfillments`: their parcels. `/v1/returns`: what comes back of them.

mod address;
mod bill;
mod cancel;
mod claim;
mod comment;
mod complete;
mod confirm;
mod correct_email;
mod edit;
mod expand;
mod extend;
mod fulfillment;
mod fulfillments;
mod list;
mod place;
mod release_hold;
mod returns;
mod send_link;
mod ship;
mod show;
mod timeline;
mod view;

use axum::extract::FromRef;
use axum::{Router, middleware};
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::{App, add_rate_limit_headers};

/// The state of this function.
#[derive(Clone)]
pub struct Orders {
    pub app: App,
    pub dispatcher: OutboxDispatcher,
}

impl FromRef<Orders> for App {
    fn from_ref(orders: &Orders) -> Self {
        orders.app.clone()
    }
}

lambda::interface! {
    fn documented() -> Router<Orders>;
    place::place_order,
    complete::complete_checkout,
    list::list_orders,
    show::show_order,
    edit::edit_order,
    confirm::confirm_order,
    extend::extend_order,
    correct_email::correct_email,
    ship::ship_order,
    fulfillments::list_fulfillments,
    fulfillments::create_fulfillment,
    fulfillment::show_fulfillment,
    fulfillment::ship_fulfillment,
    fulfillment::cancel_fulfillment,
    cancel::cancel_order,
    returns::request::request_return,
    returns::list::list_order_returns,
    returns::list::list_returns,
    returns::show::show_return,
    returns::show::cancel_return,
    returns::decide::approve_return,
    returns::decide::reject_return,
    returns::receive::receive_return,
    release_hold::release_hold,
    comment::comment_on_order,
    timeline::list_order_events,
    send_link::send_order_link,
    claim::claim_orders,
}

pub fn routes() -> Router<Orders> {
    documented().layer(middleware::from_fn(add_rate_limit_headers))
}

/// Parses a body of `POST /v1/orders`; `None` if it is refused. For the fuzzer.
pub fn parse_new_order(body: &[u8]) -> Option<domain::ordering::NewOrder> {
    let body: place::PlaceOrder = serde_json::from_slice(body).ok()?;
    body.try_into().ok()
}
