//! Sends emails through SES.

use crate::Email;
use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{BuildError, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use lambda::aws::{self, Service};
use std::time::Duration;
use tokio::sync::OnceCell;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends emails from the shop's address.
pub struct Sender {
    from: String,
    /// Created at the first use, because that takes longer than handling a message.
    client: OnceCell<Client>,
}

/// Why an email was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Permanent: SES will never accept this email.
    #[error("SES rejects the email: {0}")]
    Rejected(String),
    #[error("SES did not accept the email: {0}")]
    Temporary(String),
}

impl Sender {
    /// `from` is the sender's address; the AWS SDK reads its configuration from the environment.
    pub fn from(from: String) -> Self {
        Self { from, client: OnceCell::new() }
    }

    /// Uses the given configuration instead of the environment's.
    pub fn through(config: &SdkConfig, from: String) -> Self {
        Self { from, client: OnceCell::new_with(Some(client(config))) }
    }

    /// Sends an email, and returns SES's message id.
    pub async fn send(&self, to: &str, email: &Email) -> Result<String, SendError> {
        let content = content(email).map_err(|error| SendError::Temporary(error.to_string()))?;
        let client = self.client.get_or_init(async || client(&aws::config(Service::SesV2).await));
        let mail = client
            .await
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(to).build())
            .content(content);
        // Boxed, because the future is nested too deeply for the compiler.
        let response = Box::pin(mail.send()).await.map_err(|error| classify(&error, to))?;
        Ok(response.message_id.unwrap_or_else(|| "no id".to_owned()))
    }
}

/// Without retries: SQS delivers the message again, and a retry after a lost response would send a second email.
fn client(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(TIMEOUT).operation_timeout(TIMEOUT);
    let config = Builder::from(config)
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn content(email: &Email) -> Result<EmailContent, BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder().text(utf8(&email.text)?).html(utf8(&email.html)?).build();
    let message = Message::builder().subject(utf8(&email.subject)?).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}

/// The text without an address, in whatever case.
fn without_address(text: &str, address: &str) -> String {
    let (lower, address) = (text.to_ascii_lowercase(), address.to_ascii_lowercase());
    let (mut rest, mut without) = (0, String::new());
    for (start, _) in lower.match_indices(&address) {
        without.push_str(&text[rest..start]);
        without.push_str("<address>");
        rest = start + address.len();
    }
    without + &text[rest..]
}

/// Rejected if this email is at fault. Problems of our account, such as an unverified sender, are temporary: the emails
/// wait until they are fixed.
fn classify(error: &SdkError<SendEmailError>, to: &str) -> SendError {
    let Some(error) = error.as_service_error() else {
        return SendError::Temporary(domain::failure::chain(error));
    };
    // SES repeats the recipient's address, which neither logs nor tables may hold.
    let why = without_address(&error.to_string(), to);
    let is_unverified_sender = why.contains("not verified");
    match error {
        SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_)
            if !is_unverified_sender =>
        {
            SendError::Rejected(why)
        }
        _ => SendError::Temporary(why),
    }
}
