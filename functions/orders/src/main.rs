use lambda::config::Config;
use orders::Orders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let orders = Orders { app: config.app().await?, dispatch: config.dispatch()? };
    lambda::http::serve(orders::routes(), orders).await
}
