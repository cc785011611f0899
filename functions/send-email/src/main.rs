use domain::accounts::LinkKey;
use lambda::config::Config;
use lambda::queue::{Pauses, consume_with};
use send_email::{Desk, Post};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let desk = Desk {
        db: config.db().await?,
        post: Post::from(config.mail_address("MAIL_FROM")?),
        staff: config.mail_address("MAIL_STAFF")?,
        links: LinkKey::from_base64(&config.text("LINK_KEY").await?)
            .map_err(|weak| format!("LINK_KEY cannot be used: {weak}"))?,
        shop_url: config.url("SHOP_URL")?.trim_end_matches('/').to_owned(),
    };
    let pauses = Pauses::of(config.url("MAIL_QUEUE_URL")?);
    let handle = async |message, receives| send_email::handle(&desk, message, receives).await;
    consume_with(&pauses, handle).await
}
