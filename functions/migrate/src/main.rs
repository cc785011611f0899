use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use migrate::deploy::Deploy;
use migrate::{App, TimeLimit};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let config = Config::from_env();
    let db = config.owner_db().await?;
    let connections = config.app_connection_limit()?;
    lambda::run(service_fn(async |event: LambdaEvent<Value>| {
        // Read each time: this function is also invoked to set a changed password.
        let app = App { sign_in: config.app_sign_in().await, connections };
        let time = TimeLimit::of(&event.context, config.clock().now().into());
        match Deploy::from_event(&event.payload) {
            Some(deploy) => Ok(deploy.migrate(&db, app, time).await?),
            None => migrate::handle(&db, app, event.payload, time).await,
        }
    }))
    .await
}
