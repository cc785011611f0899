//! Queues and mail as AWS gives them, from MiniStack on loopback.

mod api;

use crate::{Leash, Progress, Template, leash, leash::Child, scratch, template::Queue, tools};
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
/// The account that belongs to MiniStack's default keys.
pub const ACCOUNT: &str = "000000000000";

const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Tools(#[from] tools::Error),
    #[error(transparent)]
    Leash(#[from] leash::Error),
    #[error("could not prepare the folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("MiniStack did not start: {reason}")]
    Start { reason: String },
    #[error("MiniStack does not answer {action}")]
    Silent { action: String, source: reqwest::Error },
    #[error("MiniStack refuses {action}: {answer}")]
    Refused { action: String, answer: String },
    #[error("template.yaml declares no queue {0}")]
    NoQueue(String),
}

/// A running MiniStack with the template's queues and a verified sender.
#[derive(Debug)]
pub struct Aws {
    endpoint: String,
    queues: BTreeMap<String, String>,
    leash: Leash,
}

/// A mail as it left for the world.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Mail {
    /// What its sender was told that SES knows it by.
    #[serde(rename = "MessageId", default)]
    pub receipt: String,
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
    #[serde(rename = "Timestamp", default, deserialize_with = "moment")]
    pub at: Option<OffsetDateTime>,
}

/// Seconds since the epoch, with a fraction.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let seconds = Option::<f64>::deserialize(from)?;
    let since = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(since.map(|since| OffsetDateTime::UNIX_EPOCH + since))
}

/// A message that lies in a queue, seen without receiving it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Message {
    #[serde(rename = "MessageId")]
    pub id: String,
    #[serde(rename = "Body")]
    pub body: String,
    #[serde(rename = "ReceiveCount")]
    pub receives: u32,
    #[serde(rename = "IsVisible")]
    pub visible: bool,
}

impl Aws {
    /// Starts MiniStack; its log and its temporary files go to `run`.
    pub async fn start(
        template: &Template,
        sender: &str,
        run: &Path,
        progress: &Progress,
    ) -> Result<Self, Error> {
        Self::start_in(template, sender, run, &run.join("ministack"), progress).await
    }

    /// The same, with the folder that goes when MiniStack goes.
    pub(crate) async fn start_in(
        template: &Template,
        sender: &str,
        run: &Path,
        remove: &Path,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let python = {
            let progress = progress.clone();
            tokio::task::spawn_blocking(move || tools::ministack(&progress)).await
        };
        let python = python.map_err(|broken| Error::Start { reason: broken.to_string() })??;
        let mut lost_ports = 0;
        let (leash, endpoint) = loop {
            match launch(&python, run, remove).await {
                Err(Error::Start { reason })
                    if reason.contains("already in use") && lost_ports < 3 =>
                {
                    lost_ports += 1;
                }
                outcome => break outcome?,
            }
        };
        let mut aws = Self { endpoint, queues: BTreeMap::new(), leash };
        aws.create_queues(template).await?;
        aws.verify(sender).await?;
        Ok(aws)
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What a function needs in its environment to find this AWS.
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

    /// Puts a message into a queue and returns its id.
    pub async fn send(&self, queue: &str, body: &str) -> Result<String, Error> {
        let wish = json!({"QueueUrl": self.queue_url(queue)?, "MessageBody": body});
        let answer = self.sqs().call("SendMessage", &wish).await?;
        Ok(answer["MessageId"].as_str().unwrap_or_default().to_owned())
    }

    /// Everything that lies in a queue, messages in flight included.
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

    /// Every mail sent so far, oldest first.
    pub async fn mails(&self) -> Result<Vec<Mail>, Error> {
        self.sqs().mails().await
    }

    /// A client for one asynchronous runtime; its connections do not survive the runtime.
    pub fn sqs(&self) -> Sqs {
        Sqs::new(&self.endpoint)
    }

    /// The running server, to freeze or end it.
    pub fn leash(&self) -> &Leash {
        &self.leash
    }

    async fn create_queues(&mut self, template: &Template) -> Result<(), Error> {
        let sqs = self.sqs();
        // A queue can only point to dead letters that exist.
        let (last, first): (Vec<&Queue>, Vec<&Queue>) =
            template.queues.values().partition(|queue| queue.redrive.is_some());
        for queue in first.into_iter().chain(last) {
            let wish = json!({"QueueName": queue.name, "Attributes": attributes(queue, template)});
            let answer = sqs.call("CreateQueue", &wish).await?;
            let url = answer["QueueUrl"].as_str().unwrap_or_default().to_owned();
            self.queues.insert(queue.id.clone(), url);
        }
        Ok(())
    }

    async fn verify(&self, sender: &str) -> Result<(), Error> {
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
            .get(&redrive.dead_letters)
            .map_or(&redrive.dead_letters, |dead| &dead.name);
        let policy = json!({
            "deadLetterTargetArn": queue_arn(name),
            "maxReceiveCount": redrive.after_receives,
        });
        attributes.insert("RedrivePolicy".to_owned(), policy.to_string().into());
    }
    attributes
}

async fn launch(python: &Path, run: &Path, remove: &Path) -> Result<(Leash, String), Error> {
    let folder = run.join("ministack");
    let broken = |source| Error::Folder { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(broken)?;
    let port = scratch::free_port().map_err(broken)?;
    // Left alone it listens to the whole network, and for things that talk MQTT as well.
    let child = Child::new(python, run.join("ministack.log"))
        .args(["-m", "ministack"])
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("IOT_MTLS_ENABLED", "0")
        .env("MINISTACK_REGION", REGION)
        .env("TMPDIR", &folder)
        .without("AWS_CA_BUNDLE")
        .without("AWS_ENDPOINT_URL")
        .without("S3_PERSIST")
        .without("LOCALSTACK_PERSISTENCE")
        // It has nothing to save, and takes its time when asked politely.
        .ends_with("KILL", Duration::ZERO)
        .then_remove(remove);
    let leash = Leash::start(&child)?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let api = Sqs::new(&endpoint);
    let wait = async {
        while api.get::<Value>("/_ministack/health", &[]).await.is_err() {
            time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = wait => {}
        _ = leash.ended() => return Err(Error::Start { reason: leash.last_words() }),
        () = time::sleep(PATIENCE) => {
            return Err(Error::Start { reason: format!("it is silent for {PATIENCE:?}") });
        }
    }
    Ok((leash, endpoint))
}
