use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use stripe_gateway::Stripe;
use sweep::Sweep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let url = config.optional("STRIPE_API_URL");
    let stripe =
        config.secret("STRIPE_SECRET_KEY", move |key| Stripe::new(key, url.as_deref())).await?;
    let (dispatcher, dead_letters) = (config.dispatcher()?, config.dead_letters()?);
    let sweep = Sweep { db: config.db().await?, dispatcher, dead_letters, stripe };
    let round = async |_: LambdaEvent<Value>| sweep.round().await;
    lambda_runtime::run(service_fn(round)).await
}
