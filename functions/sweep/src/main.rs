use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::time::SystemTime;
use stripe_gateway::{Mode, Stripe};
use sweep::{ROUND, Sweep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let url = config.optional("STRIPE_API_URL");
    let live = config.flag("STRIPE_LIVEMODE")?;
    let mode = Mode::from_livemode(live);
    let vouchers = config.flag("STRIPE_VOUCHERS")?;
    let parse = move |key: &str| {
        Stripe::new(key, url.as_deref(), mode).map(|stripe| stripe.with_vouchers(vouchers))
    };
    let stripe = config.secret("STRIPE_SECRET_KEY", parse).await?;
    let (dispatcher, dead_letters) = (config.dispatcher()?, config.dead_letters()?);
    let db = config.db().await?;
    let sweep = Sweep { db, dispatcher, dead_letters, stripe, time: ROUND, live };
    let round = async |event: LambdaEvent<Value>| {
        let now: SystemTime = config.clock().now().into();
        let left = event.context.deadline().duration_since(now);
        // No time or too much of it means that the clock is wrong.
        let time = left.ok().filter(|left| *left <= ROUND).unwrap_or(ROUND);
        Sweep { time, ..sweep.clone() }.round().await
    };
    Box::pin(lambda::run(service_fn(round))).await
}
