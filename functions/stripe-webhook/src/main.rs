use lambda::config::Config;
use stripe_gateway::webhook::SigningSecrets;
use stripe_webhook::Webhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let mut db = config.db().await?;
    let webhook = Webhook {
        dispatcher: config.dispatcher_for(&mut db)?,
        db,
        clock: config.clock(),
        secrets: config.secret("STRIPE_WEBHOOK_SECRETS", SigningSecrets::parse).await?,
        live: config.flag("STRIPE_LIVEMODE")?,
    };
    lambda::http::serve(stripe_webhook::routes(), webhook).await
}
