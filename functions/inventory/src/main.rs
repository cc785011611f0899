use inventory::Inventory;
use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let inventory = Inventory { app: config.app().await?, dispatch: config.dispatch()? };
    lambda::http::serve(inventory::routes(), inventory).await
}
