use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use reconcile::Reconcile;
use serde_json::Value;
use stripe_gateway::Stripe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let url = config.optional("STRIPE_API_URL");
    let stripe =
        config.secret("STRIPE_SECRET_KEY", move |key| Stripe::new(key, url.as_deref())).await?;
    let mut db = config.db().await?;
    let dispatcher = config.dispatcher_for(&mut db)?;
    let reconcile = Reconcile { db, dispatcher, stripe };
    let tick = async |_: LambdaEvent<Value>| reconcile.tick().await;
    lambda_runtime::run(service_fn(tick)).await
}
