use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    lambda::http::serve(catalog::routes(), config.app().await?).await
}
