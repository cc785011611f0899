use domain::accounts::LinkKey;
use lambda::config::Config;
use send_email::{Desk, Post};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let desk = Desk {
        db: config.db().await?,
        post: Post::from(config.need("MAIL_FROM")?),
        staff: config.need("MAIL_STAFF")?,
        links: LinkKey::from_base64(&config.text("LINK_KEY").await?)
            .map_err(|weak| format!("LINK_KEY: {weak}"))?,
        shop_url: config.need("SHOP_URL")?.trim_end_matches('/').to_owned(),
    };
    lambda::queue::consume(async |message| send_email::handle(&desk, message).await).await
}
