//! SQS, SES and Secrets Manager, from MiniStack on loopback.

mod api;

use crate::{
    ProcessGuard, Progress, Template, process_guard, process_guard::GuardedCommand, temp,
    template::Queue, tools,
};
use ::time::OffsetDateTime;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time;

pub use api::Sqs;

pub const REGION: &str = "us-east-1";
/// The account of MiniStack's default access keys.
pub const ACCOUNT: &str = "000000000000";

const START_TIMEOUT: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    ProcessGuard(#[from] process_guard::Error),
    #[error("could not prepare the folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("MiniStack did not start: {reason}")]
    Start { reason: String },
    #[error("MiniStack did not answer {action}")]
    Unreachable { action: String, source: reqwest::Error },
    #[error("MiniStack rejected {action}: {response}")]
    Rejected { action: String, response: String },
    #[error("template.yaml declares no queue {0}")]
    NoQueue(String),
}

/// A running MiniStack with the queues of the template and a verified sender.
#[derive(Debug)]
pub struct Aws {
    endpoint: String,
    /// Queue URLs by logical id.
    queues: BTreeMap<String, String>,
    process_guard: ProcessGuard,
}

/// An email that was sent through SES.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Mail {
    /// The message id that SES returned to the sender.
    #[serde(rename = "MessageId", default)]
    pub message_id: String,
    #[serde(rename = "Source")]
    pub from: String,
    #[serde(rename = "To")]
    pub to: Vec<String>,
    #[serde(rename = "Subject")]
    pub subject: String,
    #[serde(rename = "BodyText", default)]
    pub text: Option<String>,
    #[serde(rename = "BodyHtml", default)]
    pub html: Option<String>,
    #[serde(rename = "Timestamp", default, deserialize_with = "timestamp")]
    pub at: Option<OffsetDateTime>,
}

/// Reads seconds since the epoch, with a fraction.
fn timestamp<'de, D: Deserializer<'de>>(from: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let seconds = Option::<f64>::deserialize(from)?;
    let since_epoch = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(since_epoch.map(|since| OffsetDateTime::UNIX_EPOCH + since))
}

/// A message in a queue, read without receiving it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Message {
    #[serde(rename = "MessageId")]
    pub id: String,
    #[serde(rename = "Body")]
    pub body: String,
    #[serde(rename = "ReceiveCount")]
    pub receive_count: u32,
    #[serde(rename = "IsVisible")]
    pub visible: bool,
}

impl Aws {
    /// Starts MiniStack, whose log and temporary files are in `log_folder`.
    pub async fn start(
        template: &Template,
        sender: &str,
        log_folder: &Path,
        progress: &Progress,
    ) -> Result<Self, Error> {
        Self::start_in(template, sender, log_folder, &log_folder.join("ministack"), progress).await
    }

    /// The same, with the folder that is removed when MiniStack has exited.
    pub(crate) async fn start_in(
        template: &Template,
        sender: &str,
        log_folder: &Path,
        remove: &Path,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let python = {
            let progress = progress.clone();
            tokio::task::spawn_blocking(move || tools::ministack(&progress)).await
        };
        let python = python.map_err(|error| Error::Start { reason: error.to_string() })??;
        let mut lost_ports = 0;
        let (process_guard, endpoint) = loop {
            match launch(&python, log_folder, remove).await {
                Err(Error::Start { reason })
                    if reason.contains("already in use") && lost_ports < 3 =>
                {
                    lost_ports += 1;
                }
                outcome => break outcome?,
            }
        };
        let mut aws = Self { endpoint, queues: BTreeMap::new(), process_guard };
        aws.create_queues(template).await?;
        aws.verify_sender(sender).await?;
        Ok(aws)
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The environment variables with which a function reaches this AWS.
    pub fn env(&self) -> BTreeMap<String, String> {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// The URL of a queue, by its logical id in the template.
    pub fn queue_url(&self, queue: &str) -> Result<&str, Error> {
        self.queues.get(queue).map(String::as_str).ok_or_else(|| Error::NoQueue(queue.to_owned()))
    }

    /// Sends a message to a queue, by its logical id, and returns the message id.
    pub async fn send(&self, queue: &str, body: &str) -> Result<String, Error> {
        let input = json!({"QueueUrl": self.queue_url(queue)?, "MessageBody": body});
        let output = self.sqs().call("SendMessage", &input).await?;
        Ok(output["MessageId"].as_str().unwrap_or_default().to_owned())
    }

    /// All messages in a queue, those in flight included.
    pub async fn messages(&self, queue: &str) -> Result<Vec<Message>, Error> {
        #[derive(Deserialize)]
        struct Listing {
            messages: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<Message>>>>,
        }
        let url = self.queue_url(queue)?;
        let listing: Listing =
            self.sqs().get("/_ministack/sqs/messages", &[("QueueUrl", url)]).await?;
        let accounts = listing.messages.into_values();
        Ok(accounts
            .flat_map(BTreeMap::into_values)
            .flat_map(BTreeMap::into_values)
            .flatten()
            .collect())
    }

    /// All emails sent so far, oldest first.
    pub async fn mails(&self) -> Result<Vec<Mail>, Error> {
        self.sqs().mails().await
    }

    /// A new client. Its connections belong to the current asynchronous runtime.
    pub fn sqs(&self) -> Sqs {
        Sqs::new(&self.endpoint)
    }

    /// The MiniStack process, to suspend or stop it.
    pub fn process_guard(&self) -> &ProcessGuard {
        &self.process_guard
    }

    async fn create_queues(&mut self, template: &Template) -> Result<(), Error> {
        let sqs = self.sqs();
        // A dead letter queue must exist before a queue refers to it.
        let (last, first): (Vec<&Queue>, Vec<&Queue>) =
            template.queues.values().partition(|queue| queue.redrive.is_some());
        for queue in first.into_iter().chain(last) {
            let input = json!({"QueueName": queue.name, "Attributes": attributes(queue, template)});
            let output = sqs.call("CreateQueue", &input).await?;
            let url = output["QueueUrl"].as_str().unwrap_or_default().to_owned();
            self.queues.insert(queue.id.clone(), url);
        }
        Ok(())
    }

    async fn verify_sender(&self, sender: &str) -> Result<(), Error> {
        self.sqs().post("/v2/email/identities", &json!({"EmailIdentity": sender})).await
    }
}

/// The ARN that MiniStack gives a queue of this name.
pub fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

fn attributes(queue: &Queue, template: &Template) -> Map<String, Value> {
    let mut attributes = Map::new();
    let visibility = queue.visibility_timeout.as_secs().to_string();
    attributes.insert("VisibilityTimeout".to_owned(), visibility.into());
    if queue.fifo {
        attributes.insert("FifoQueue".to_owned(), "true".into());
    }
    if let Some(redrive) = &queue.redrive {
        let name = template
            .queues
            .get(&redrive.dead_letter_queue)
            .map_or(&redrive.dead_letter_queue, |queue| &queue.name);
        let policy = json!({
            "deadLetterTargetArn": queue_arn(name),
            "maxReceiveCount": redrive.max_receive_count,
        });
        attributes.insert("RedrivePolicy".to_owned(), policy.to_string().into());
    }
    attributes
}

async fn launch(
    python: &Path,
    log_folder: &Path,
    remove: &Path,
) -> Result<(ProcessGuard, String), Error> {
    let folder = log_folder.join("ministack");
    let failed = |source| Error::Folder { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    let port = temp::free_port().map_err(failed)?;
    // By default it listens on all interfaces, and for MQTT as well.
    let command = GuardedCommand::new(python, log_folder.join("ministack.log"))
        .args(["-m", "ministack"])
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("IOT_MTLS_ENABLED", "0")
        .env("MINISTACK_REGION", REGION)
        .env("TMPDIR", &folder)
        .env_remove("AWS_CA_BUNDLE")
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("S3_PERSIST")
        .env_remove("LOCALSTACK_PERSISTENCE")
        // It has no state to save, and its orderly shutdown is slow.
        .stop_with("KILL", Duration::ZERO)
        .remove_on_exit(remove);
    let process_guard = ProcessGuard::start(&command)?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let api = Sqs::new(&endpoint);
    let ready = async {
        while api.get::<Value>("/_ministack/health", &[]).await.is_err() {
            time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = ready => {}
        _ = process_guard.wait() => return Err(Error::Start { reason: process_guard.last_output() }),
        () = time::sleep(START_TIMEOUT) => {
            return Err(Error::Start { reason: format!("no answer within {START_TIMEOUT:?}") });
        }
    }
    Ok((process_guard, endpoint))
}
