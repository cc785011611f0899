//! `/v1/payments`, `/v1/refunds`, `/v1/disputes`, how orders are paid, and how they are edited before that.

mod begin;
mod check_refund;
mod checkout;
mod disputes;
mod edit;
mod intent;
mod list_refunds;
mod refund;
mod release;
mod show;
mod view;

use axum::extract::FromRef;
use lambda::config::Secret;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::App;
use stripe_gateway::Stripe;

/// The state of this function.
#[derive(Clone)]
pub struct Payments {
    pub app: App,
    pub dispatcher: OutboxDispatcher,
    pub stripe: Secret<Stripe>,
}

impl FromRef<Payments> for App {
    fn from_ref(payments: &Payments) -> Self {
        payments.app.clone()
    }
}

lambda::interface! {
    pub fn routes() -> Router<Payments>;
    intent::create_payment_intent,
    checkout::create_checkout_session,
    edit::edit_order_lines,
    show::list_payments,
    show::show_payment,
    release::release_payment,
    refund::create_refund,
    list_refunds::list_payment_refunds,
    list_refunds::list_refunds,
    show::show_refund,
    check_refund::check_refund,
    disputes::list_disputes,
    disputes::show_dispute,
}
