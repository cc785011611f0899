use lambda::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let mut app = config.app().await?;
    domain::catalog::learn_common_searches(&mut app.db);
    lambda::http::serve(catalog::routes(), app).await
}
