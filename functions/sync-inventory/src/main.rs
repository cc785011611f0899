use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let db = Config::from_env().db().await?;
    lambda::queue::consume(async |news| sync_inventory::handle(&db, news).await).await
}
