use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let app = Config::from_env().rate_limited_app().await?;
    lambda::http::serve(checkouts::routes(), app).await
}
