//! `/v1/quotes` and `/v1/checkouts`: what something costs, and wishes that are kept until they become an order.

mod cancel;
mod change;
mod claim;
mod create;
mod current;
mod destination;
mod line;
mod list;
mod quote;
mod set_line;
mod show;
mod view;

use axum::{Router, middleware};
use lambda::http::{App, add_rate_limit_headers};

lambda::interface! {
    fn documented() -> Router<App>;
    quote::create_quote,
    create::create_checkout,
    list::list_checkouts,
    show::show_checkout,
    change::change_checkout,
    set_line::set_checkout_line,
    cancel::cancel_checkout,
    claim::claim_checkout,
    current::show_current_checkout,
}

pub fn routes() -> Router<App> {
    documented().layer(middleware::from_fn(add_rate_limit_headers))
}
