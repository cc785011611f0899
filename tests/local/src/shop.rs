//! Opens the shop: surroundings, binaries, schema, goods, doors.

use crate::keys::Keys;
use crate::lines::Lines;
use crate::mailbox::Mailbox;
use crate::seed::seed;
use crate::watch::Watch;
use domain::db::{BadAddress, DbError};
use serde_json::json;
use stack::functions::{self, Profile};
use stack::gateway::{self, Door, Gateway};
use stack::postgres::Place;
use stack::stripe::{self, StandIn};
use stack::{Aws, Postgres, Progress, Surroundings, Template};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio_postgres::NoTls;

const DATABASE: &str = "tradepost";
const SENDER: &str = "shop@tradepost.example";
const STAFF: &str = "staff@tradepost.example";
/// Known to the stand-in only, which takes no money.
const STAND_IN_KEY: &str = "sk_test_local";
pub(crate) const STAND_IN_SECRET: &str = "whsec_local";

/// How the shop is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port of the API; any free one if there is none.
    pub port: Option<u16>,
    /// Where the data stays; thrown away if there is none.
    pub data: Option<PathBuf>,
    /// Whether the sweep runs every minute by itself.
    pub schedules: bool,
    /// The most instances of one function; as many as the gateway starts by itself if it is not said.
    pub instances: Option<usize>,
    /// Whether whatever the functions reach is reached by way of [`Lines`].
    pub lines: bool,
    /// Whether the functions go by a [`Watch`] of their own.
    pub watch: bool,
    pub payment: Payment,
    /// How the functions are built.
    pub profile: Profile,
    pub progress: Progress,
}

/// Who takes the money.
#[derive(Clone, Debug, Default)]
pub enum Payment {
    /// The stand-in in this process.
    #[default]
    StandIn,
    /// Stripe itself, in test mode.
    Stripe { secret_key: String, webhook_secrets: String },
}

/// Whatever keeps the shop closed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Stack(#[from] stack::Error),
    #[error("the Stripe stand-in did not start")]
    StandIn(#[source] std::io::Error),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error("could not prepare the database")]
    Database(#[from] tokio_postgres::Error),
    #[error("a function failed: {0}")]
    Invoke(#[from] stack::InvokeError),
    #[error("the shop could not be reached")]
    Http(#[from] reqwest::Error),
    #[error("could not fill the shelves: {0}")]
    Seed(String),
    #[error("could not stand on the functions' lines")]
    Lines(#[source] std::io::Error),
    #[error("could not give the functions a watch")]
    Watch(#[source] std::io::Error),
    #[error("the page with the mails did not open")]
    Mailbox(#[source] std::io::Error),
    #[error("could not keep the admin's password in the data folder")]
    Password(#[source] std::io::Error),
}

macro_rules! through_stack {
    ($($error:path),+) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Stack(error.into())
            }
        }
    )+};
}
through_stack!(
    stack::aws::Error,
    stack::gateway::Error,
    stack::template::Error,
    stack::tools::Error,
    stack::functions::Error
);

/// The open shop. It closes when this is dropped.
pub struct Shop {
    // Closed in this order: the doors before what stands behind them.
    pub gateway: Gateway,
    /// Where their lines can be held, if they were asked for.
    pub lines: Option<Lines>,
    /// What time it is for them, if that was asked for.
    pub watch: Option<Watch>,
    pub stripe: Option<StandIn>,
    /// The page with the mails that were sent.
    pub mailbox: Mailbox,
    pub surroundings: Surroundings,
    /// The value of every variable that the functions have.
    pub settings: BTreeMap<String, String>,
    /// The password of [`crate::ADMIN`].
    pub admin_password: String,
    pub(crate) keys: Keys,
    pub(crate) template: Template,
    /// The folder with the functions.
    pub(crate) binaries: PathBuf,
    owner_url: String,
}

impl Shop {
    /// Builds the functions, starts everything, brings the schema up to date and fills the shelves.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let progress = &options.progress;
        let template = Template::load(&stack::tools::workspace().join("template.yaml"))?;
        let door = Door::open(options.port)?;
        let binaries = functions::build(options.profile, progress).await?;
        let surroundings = surroundings(&template, &options).await?;
        progress.say("PostgreSQL, SQS and SES answer");
        let mailbox = Mailbox::open(surroundings.aws.sqs()).await.map_err(Error::Mailbox)?;
        let owner_url = database(&surroundings.postgres).await?;
        let app_url = surroundings.postgres.url_as("app_rw", DATABASE);

        let (stripe, payment) = stripe(&options.payment, &door).await?;
        let mut functions = gateway::Options::new(&binaries, surroundings.run());
        functions.schedules = options.schedules;
        functions.instances = options.instances.unwrap_or(functions.instances);
        let keys = Keys::generate();
        let settings =
            values(&surroundings.aws, &keys, &owner_url, &app_url, &door.url(), &payment)?;
        functions.values.clone_from(&settings);
        let lines = if options.lines {
            Some(Lines::before(&mut functions.values).await.map_err(Error::Lines)?)
        } else {
            None
        };
        let watch = options.watch.then(|| Watch::give(&mut functions)).transpose()?;
        let gateway = Gateway::start(door, &template, Some(&surroundings.aws), &functions)?;
        progress.say("the functions are behind their doors");

        gateway.invoke("Migrate", &json!({})).await?;
        let admin_password = String::new();
        let mut shop = Self {
            gateway,
            lines,
            watch,
            stripe,
            mailbox,
            surroundings,
            settings,
            admin_password,
            keys,
            template,
            binaries,
            owner_url,
        };
        progress.say("the schema is up to date");
        shop.admin_password = shop.fill(options.data.as_deref()).await?;
        progress.say("the shelves are filled");
        Ok(shop)
    }

    /// Where the API is: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        self.gateway.url()
    }

    /// The database, as its owner reaches it.
    pub fn database_url(&self) -> &str {
        &self.owner_url
    }

    pub fn aws(&self) -> &Aws {
        &self.surroundings.aws
    }

    /// The admin's password: a new one, or the one that the data folder keeps.
    async fn fill(&self, data: Option<&std::path::Path>) -> Result<String, Error> {
        let kept = data.map(|folder| folder.join("admin-password"));
        match (seed(self, &self.owner_url).await?, kept) {
            (Some(new), Some(file)) => {
                std::fs::write(file, &new).map_err(Error::Password)?;
                Ok(new)
            }
            (Some(new), None) => Ok(new),
            (None, Some(file)) => std::fs::read_to_string(file).map_err(Error::Password),
            (None, None) => Ok("as it was when the database was filled".to_owned()),
        }
    }
}

async fn surroundings(template: &Template, options: &Options) -> Result<Surroundings, Error> {
    let database = match &options.data {
        Some(folder) => Place::Folder(folder.join("postgres")),
        None => Place::from_environment(),
    };
    let options = stack::Options {
        database,
        sender: SENDER.to_owned(),
        run: options.data.as_ref().map(|folder| folder.join("run")),
        progress: options.progress.clone(),
    };
    Ok(Surroundings::start(template, &options).await?)
}

/// Makes the shop's database if it is not there, and returns its owner's URL.
async fn database(postgres: &Postgres) -> Result<String, Error> {
    let (client, connection) = tokio_postgres::connect(&postgres.url("postgres"), NoTls).await?;
    let connection = tokio::spawn(connection);
    let known = "select 1 from pg_database where datname = $1";
    if client.query_opt(known, &[&DATABASE]).await?.is_none() {
        client.batch_execute(&format!("create database {DATABASE}")).await?;
    }
    drop(client);
    let _ = connection.await;
    Ok(postgres.url(DATABASE))
}

/// The stand-in, told where to send its webhooks, or the real thing.
async fn stripe(payment: &Payment, door: &Door) -> Result<(Option<StandIn>, [String; 3]), Error> {
    match payment {
        Payment::StandIn => {
            let stripe =
                StandIn::start(stripe::Options::default()).await.map_err(Error::StandIn)?;
            stripe.set_webhook(format!("{}/v1/webhooks/stripe", door.url()), [STAND_IN_SECRET]);
            let url = stripe.url().to_owned();
            Ok((Some(stripe), [STAND_IN_KEY.to_owned(), STAND_IN_SECRET.to_owned(), url]))
        }
        Payment::Stripe { secret_key, webhook_secrets } => {
            Ok((None, [secret_key.clone(), webhook_secrets.clone(), String::new()]))
        }
    }
}

/// A value for every variable that the template declares.
fn values(
    aws: &Aws,
    keys: &Keys,
    owner_url: &str,
    app_url: &str,
    shop_url: &str,
    [secret_key, webhook_secrets, stripe_url]: &[String; 3],
) -> Result<BTreeMap<String, String>, Error> {
    let values = [
        ("AWS_ENDPOINT_URL_SQS", aws.endpoint()),
        ("AWS_ENDPOINT_URL_SESV2", aws.endpoint()),
        ("DATABASE_URL", app_url),
        ("MIGRATE_DATABASE_URL", owner_url),
        ("TOKEN_KEYS", &keys.public),
        ("TOKEN_SIGNING_KEY", &keys.signing),
        ("REFRESH_KEY", &keys.refresh),
        ("LINK_KEY", &keys.link),
        ("MAIL_QUEUE_URL", aws.queue_url("MailQueue")?),
        ("INVENTORY_QUEUE_URL", aws.queue_url("InventoryQueue")?),
        ("MAIL_DLQ_URL", aws.queue_url("MailDeadLetters")?),
        ("INVENTORY_DLQ_URL", aws.queue_url("InventoryDeadLetters")?),
        ("MAIL_FROM", SENDER),
        ("MAIL_STAFF", STAFF),
        // There is no front end here: what its pages would do with a link's token, the API does.
        ("SHOP_URL", shop_url),
        ("STRIPE_SECRET_KEY", secret_key),
        ("STRIPE_WEBHOOK_SECRETS", webhook_secrets),
        ("STRIPE_API_URL", stripe_url),
        ("STRIPE_LIVEMODE", "false"),
        // Everything is given as it is; there are no secrets to fetch.
        ("DATABASE_AUTH", ""),
        ("DATABASE_PASSWORD_ARN", ""),
        ("MIGRATE_DATABASE_PASSWORD_ARN", ""),
        ("APP_DATABASE_AUTH", ""),
        ("APP_DATABASE_PASSWORD_ARN", ""),
    ];
    Ok(values.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}
