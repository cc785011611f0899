use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use migrate::deploy::Deploy;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let db = config.owned_db().await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        // Each time, for who has changed the password calls us to set it.
        let app = config.app_sign_in().await;
        match Deploy::asking(&event.payload) {
            Some(deploy) => deploy.migrate(&db, app).await,
            None => migrate::handle(&db, app, event.payload).await,
        }
    }))
    .await
}
