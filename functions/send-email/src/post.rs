//! The way to SES.

use crate::Letter;
use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{BuildError, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use lambda::config::aws::{self, Service};
use std::time::Duration;
use tokio::sync::OnceCell;

const PATIENCE: Duration = Duration::from_secs(5);

/// Sends letters in the name of the shop.
pub struct Post {
    from: String,
    /// Made at the first use: its set-up costs more than reading a message.
    client: OnceCell<Client>,
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    #[error("SES refuses it: {0}")]
    Refused(String),
    #[error("SES did not take it: {0}")]
    NotNow(String),
}

impl Post {
    /// `from` is the sender; the AWS SDK looks in the environment for the rest.
    pub fn from(from: String) -> Self {
        Self { from, client: OnceCell::new() }
    }

    /// With an SES that is not the environment's.
    pub fn through(config: &SdkConfig, from: String) -> Self {
        Self { from, client: OnceCell::new_with(Some(client(config))) }
    }

    /// Hands a letter to SES, and says under which id SES knows it.
    pub async fn send(&self, to: &str, letter: &Letter) -> Result<String, Unsent> {
        let content = content(letter).map_err(|error| Unsent::NotNow(error.to_string()))?;
        let client = self.client.get_or_init(async || client(&aws::config(Service::SesV2).await));
        let mail = client
            .await
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(to).build())
            .content(content);
        // Boxed, because the compiler gives up on a future that is nested this deep.
        let answer = Box::pin(mail.send()).await.map_err(|error| judge(&error, to))?;
        Ok(answer.message_id.unwrap_or_else(|| "no id".to_owned()))
    }
}

/// Tries once: the queue brings the message again, and a second try after a lost answer is a second mail.
fn client(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(PATIENCE).operation_timeout(PATIENCE);
    let config = Builder::from(config)
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn content(letter: &Letter) -> Result<EmailContent, BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder().text(utf8(&letter.text)?).html(utf8(&letter.html)?).build();
    let message = Message::builder().subject(utf8(&letter.subject)?).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}

/// Whether the letter is at fault, or the moment. What is wrong with our account is the moment's fault:
/// the letters wait, with the dead ones in the end, until somebody has put it right.
fn judge(error: &SdkError<SendEmailError>, to: &str) -> Unsent {
    let Some(answer) = error.as_service_error() else {
        return Unsent::NotNow(domain::failure::chain(error));
    };
    // SES likes to repeat the address, which neither logs nor tables may keep.
    let why = answer.to_string().replace(to, "<address>");
    let is_unverified_sender = why.contains("not verified");
    match answer {
        SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_)
            if !is_unverified_sender =>
        {
            Unsent::Refused(why)
        }
        _ => Unsent::NotNow(why),
    }
}
