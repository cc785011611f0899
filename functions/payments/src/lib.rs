//! How orders are paid, and money is given back.

mod begin;
mod checkout;
mod disputes;
mod intent;
mod list_refunds;
mod refund;
mod show;
mod view;

use axum::extract::FromRef;
use lambda::config::Secret;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use stripe_gateway::Stripe;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What this function has at hand.
#[derive(Clone)]
pub struct Payments {
    pub app: App,
    pub dispatch: Dispatch,
    pub stripe: Secret<Stripe>,
}

impl FromRef<Payments> for App {
    fn from_ref(payments: &Payments) -> Self {
        payments.app.clone()
    }
}

pub fn routes() -> OpenApiRouter<Payments> {
    OpenApiRouter::new()
        .routes(routes!(intent::create_payment_intent))
        .routes(routes!(checkout::create_checkout_session))
        .routes(routes!(show::list_payments))
        .routes(routes!(show::show_payment))
        .routes(routes!(refund::create_refund, list_refunds::list_payment_refunds))
        .routes(routes!(list_refunds::list_refunds))
        .routes(routes!(show::show_refund))
        .routes(routes!(disputes::list_disputes))
        .routes(routes!(disputes::show_dispute))
}
