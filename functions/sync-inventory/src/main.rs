use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let db = Config::from_env().db().await?;
    lambda::queue::consume(async |message| sync_inventory::handle(&db, message).await).await
}
