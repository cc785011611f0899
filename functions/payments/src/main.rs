use lambda::config::Config;
use payments::Payments;
use stripe_gateway::Stripe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let url = config.optional("STRIPE_API_URL");
    let stripe =
        config.secret("STRIPE_SECRET_KEY", move |key| Stripe::new(key, url.as_deref())).await?;
    let mut app = config.app().await?;
    let dispatcher = config.dispatcher_for(&mut app.db)?;
    let payments = Payments { app, dispatcher, stripe };
    lambda::http::serve(payments::routes(), payments).await
}
