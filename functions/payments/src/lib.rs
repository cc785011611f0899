//! How orders are paid.

mod intent;

use axum::extract::FromRef;
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
    pub stripe: Stripe,
}

impl FromRef<Payments> for App {
    fn from_ref(payments: &Payments) -> Self {
        payments.app.clone()
    }
}

pub fn routes() -> OpenApiRouter<Payments> {
    OpenApiRouter::new().routes(routes!(intent::create_payment_intent))
}
