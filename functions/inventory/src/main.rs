use inventory::Inventory;
use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let mut app = config.app().await?;
    let dispatcher = config.dispatcher_for(&mut app.db)?;
    let inventory = Inventory { app, dispatcher };
    lambda::http::serve(inventory::routes(), inventory).await
}
