use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use reconcile::Reconcile;
use serde_json::Value;
use stripe_gateway::Stripe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let url = config.look_up("STRIPE_API_URL");
    let stripe = Stripe::new(&config.need("STRIPE_SECRET_KEY")?, url.as_deref())?;
    let reconcile = Reconcile { db: config.db()?, dispatch: config.dispatch()?, stripe };
    let tick = async |_: LambdaEvent<Value>| reconcile.tick().await;
    lambda_runtime::run(service_fn(tick)).await
}
