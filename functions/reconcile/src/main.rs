use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use reconcile::Reconcile;
use serde_json::Value;
use stripe_gateway::{Mode, Stripe};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let url = config.optional("STRIPE_API_URL");
    let mode = Mode::from_livemode(config.flag("STRIPE_LIVEMODE")?);
    let parse = move |key: &str| Stripe::new(key, url.as_deref(), mode);
    let stripe = config.secret("STRIPE_SECRET_KEY", parse).await?;
    let mut db = config.db().await?;
    let dispatcher = config.dispatcher_for(&mut db)?;
    let reconcile = Reconcile { db, dispatcher, stripe };
    let tick = async |_: LambdaEvent<Value>| reconcile.tick().await;
    lambda::run(service_fn(tick)).await
}
