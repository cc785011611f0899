use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    let db = Config::from_env().owned_db().await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        migrate::handle(&db, event.payload).await
    }))
    .await
}
