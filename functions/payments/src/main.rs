use lambda::config::Config;
use payments::Payments;
use stripe_gateway::{Mode, Stripe};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let url = config.optional("STRIPE_API_URL");
    let mode = Mode::from_livemode(config.flag("STRIPE_LIVEMODE")?);
    let vouchers = config.flag("STRIPE_VOUCHERS")?;
    let parse = move |key: &str| {
        Stripe::new(key, url.as_deref(), mode).map(|stripe| stripe.with_vouchers(vouchers))
    };
    let stripe = config.secret("STRIPE_SECRET_KEY", parse).await?;
    let mut app = config.app().await?;
    let dispatcher = config.dispatcher_for(&mut app.db)?;
    let payments = Payments { app, dispatcher, stripe };
    lambda::http::serve(payments::routes(), payments).await
}
