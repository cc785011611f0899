use domain::accounts::LinkKey;
use lambda::config::Config;
use lambda::queue::{VisibilityTimeouts, consume_with};
use send_email::{Mailer, Sender};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let config = Config::from_env();
    let mailer = Mailer {
        db: config.db().await?,
        sender: Sender::from(config.mail_address("MAIL_FROM")?),
        staff: config.mail_address("MAIL_STAFF")?,
        links: LinkKey::from_base64(&config.text("LINK_KEY").await?)
            .map_err(|weak| format!("LINK_KEY cannot be used: {weak}"))?,
        shop_url: config.url("SHOP_URL")?.trim_end_matches('/').to_owned(),
    };
    let visibility = VisibilityTimeouts::of(config.url("MAIL_QUEUE_URL")?);
    let handle = async |message, receives| send_email::handle(&mailer, message, receives).await;
    consume_with(&visibility, handle).await
}
