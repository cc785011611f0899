use lambda::config::Config;
use orders::Orders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let mut app = config.rate_limited_app().await?;
    let dispatcher = config.dispatcher_for(&mut app.db)?;
    let orders = Orders { app, dispatcher };
    lambda::http::serve(orders::routes(), orders).await
}
