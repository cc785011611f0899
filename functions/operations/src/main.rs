use lambda::config::Config;
use operations::Operations;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let operations = Operations { app: config.app().await?, dead_letters: config.dead_letters()? };
    lambda::http::serve(operations::routes(), operations).await
}
