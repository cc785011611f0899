use lambda::config::Config;
use payments::Payments;
use stripe_gateway::Stripe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let url = config.look_up("STRIPE_API_URL");
    let stripe =
        config.secret("STRIPE_SECRET_KEY", move |key| Stripe::new(key, url.as_deref())).await?;
    let mut app = config.app().await?;
    let dispatch = config.dispatch_of(&mut app.db)?;
    let payments = Payments { app, dispatch, stripe };
    lambda::http::serve(payments::routes(), payments).await
}
