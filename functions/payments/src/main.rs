use lambda::config::Config;
use payments::Payments;
use stripe_gateway::Stripe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let url = config.look_up("STRIPE_API_URL");
    let stripe = Stripe::new(&config.need("STRIPE_SECRET_KEY")?, url.as_deref())?;
    let payments = Payments { app: config.app()?, dispatch: config.dispatch()?, stripe };
    lambda::http::serve(payments::routes(), payments).await
}
