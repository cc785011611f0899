use domain::db::Db;
use lambda::config::Config;
use lambda_runtime::{LambdaEvent, service_fn};
use migrate::deploy::Deploy;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::start_logging();
    // The owner: the role of the other functions must not change the schema.
    let db = Db::connect(&Config::from_env().need("MIGRATE_DATABASE_URL")?, 1)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        match Deploy::asking(&event.payload) {
            Some(deploy) => deploy.migrate(&db).await,
            None => migrate::handle(&db, event.payload).await,
        }
    }))
    .await
}
