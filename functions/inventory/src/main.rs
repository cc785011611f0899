use inventory::Inventory;
use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let mut app = config.app().await?;
    let dispatch = config.dispatch_of(&mut app.db)?;
    let inventory = Inventory { app, dispatch };
    lambda::http::serve(inventory::routes(), inventory).await
}
