use accounts::Accounts;
use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let accounts = Accounts::from_config(Config::from_env()).await?;
    lambda::http::serve(accounts::routes(), accounts).await
}
