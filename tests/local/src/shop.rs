//! Starts the shop: backing services, functions, gateway, schema and initial data.

use crate::fake_clock::FakeClock;
use crate::keys::Keys;
use crate::mailbox::Mailbox;
use crate::proxies::{Proxies, delay_database};
use crate::seed::seed;
use domain::db::{BadAddress, DbError};
use serde_json::json;
use stack::functions::{self, Profile};
use stack::gateway::{self, Gateway, Listener};
use stack::postgres::Location;
use stack::stripe::{self, StandIn};
use stack::{Aws, BackingServices, Postgres, Progress, Proxy, Template};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

const DATABASE: &str = "tradepost";
const SENDER: &str = "shop@tradepost.example";
const STAFF: &str = "staff@tradepost.example";
/// For the Stripe stand-in only, so they need not be secret.
const STAND_IN_KEY: &str = "sk_test_local";
pub(crate) const STAND_IN_SECRET: &str = "whsec_local";

/// How to start the shop.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port of the API; any free one if there is none.
    pub port: Option<u16>,
    /// The folder of persistent data. Without it the server of `DATABASE_URL` is used, or a temporary one.
    pub data: Option<PathBuf>,
    /// Whether scheduled functions run by their schedules.
    pub schedules: bool,
    /// The maximum number of instances of one function; the gateway's default if there is none.
    pub instances: Option<usize>,
    /// Whether requests beyond the concurrency of a function or the throttle of a route are refused, as in AWS; else they
    /// wait.
    pub refuse_when_busy: bool,
    /// The value of `TRUSTED_PROXIES`.
    pub trusted_proxies: String,
    /// Whether the functions reach their services through [`Proxies`].
    pub proxies: bool,
    /// What a packet takes in each direction between the functions and the database; nothing is in between if it is zero.
    pub database_delay: Duration,
    /// The path of libfaketime, if the functions get a [`FakeClock`].
    pub fake_clock: Option<PathBuf>,
    pub payment: Payment,
    /// The cargo profile of the functions.
    pub profile: Profile,
    pub progress: Progress,
}

/// The payment provider.
#[derive(Clone, Debug, Default)]
pub enum Payment {
    /// The Stripe stand-in, in this process.
    #[default]
    StandIn,
    /// Stripe itself, in test mode.
    Stripe { secret_key: String, webhook_secrets: String },
}

/// Why the shop could not be started.
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
    #[error("could not create the catalogue: {0}")]
    Seed(String),
    #[error("could not start the proxies of the functions")]
    Proxies(#[source] std::io::Error),
    #[error("could not set up the fake clock of the functions")]
    FakeClock(#[source] std::io::Error),
    #[error("could not serve the page with the emails")]
    Mailbox(#[source] std::io::Error),
    #[error("could not store or read the admin's password in the data folder")]
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

/// The running shop. It stops when this is dropped.
pub struct Shop {
    // Fields are dropped in this order: the gateway before the services it uses.
    pub gateway: Gateway,
    /// With [`Options::proxies`].
    pub proxies: Option<Proxies>,
    /// With [`Options::database_delay`].
    _delayed_database: Option<Proxy>,
    /// With [`Options::fake_clock`].
    pub fake_clock: Option<FakeClock>,
    pub stripe: Option<StandIn>,
    /// The page with the emails that were sent.
    pub mailbox: Mailbox,
    pub services: BackingServices,
    /// The values of all environment variables that the template declares.
    pub settings: BTreeMap<String, String>,
    /// The password of [`crate::ADMIN`] and [`crate::BUYER`].
    pub admin_password: String,
    pub(crate) keys: Keys,
    pub(crate) template: Template,
    /// The folder with the binaries of the functions.
    pub(crate) binaries: PathBuf,
    owner_url: String,
}

impl Shop {
    /// Starts the services, builds and starts the functions, migrates the schema and creates the catalogue.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let progress = &options.progress;
        let template = Template::load(&stack::tools::workspace().join("template.yaml"))?;
        let listener = Listener::bind(options.port)?;
        // Before the build, which may take minutes: fails here if a tool is missing on this machine.
        let services = services(&template, &options).await?;
        progress.say("PostgreSQL, SQS and SES answer");
        let binaries = functions::build(options.profile, progress).await?;
        let mailbox = Mailbox::open(services.aws.sqs()).await.map_err(Error::Mailbox)?;
        let owner_url = database(&services.postgres).await?;
        let app_url = services.postgres.url_as("app_rw", DATABASE);

        let (stripe, payment) = stripe(&options.payment, &listener).await?;
        let mut functions = gateway::Options::new(&binaries, services.log_folder());
        functions.schedules = options.schedules;
        functions.instances = options.instances.unwrap_or(functions.instances);
        functions.refuse_when_busy = options.refuse_when_busy;
        let keys = Keys::generate();
        let mut settings =
            values(&services.aws, &keys, &owner_url, &app_url, &listener.url(), &payment)?;
        settings.insert("TRUSTED_PROXIES".to_owned(), options.trusted_proxies.clone());
        functions.values.clone_from(&settings);
        let proxies = if options.proxies {
            Some(Proxies::start(&mut functions.values).await.map_err(Error::Proxies)?)
        } else {
            None
        };
        let delayed_database = delay_database(&mut functions.values, options.database_delay).await;
        let delayed_database = delayed_database.map_err(Error::Proxies)?;
        let library = options.fake_clock.as_deref();
        let fake_clock =
            library.map(|library| FakeClock::install(&mut functions, library)).transpose()?;
        let gateway = Gateway::start(listener, &template, Some(&services.aws), &functions)?;
        progress.say("the gateway serves the functions");

        gateway.invoke("Migrate", &json!({})).await?;
        let admin_password = String::new();
        let mut shop = Self {
            gateway,
            proxies,
            _delayed_database: delayed_database,
            fake_clock,
            stripe,
            mailbox,
            services,
            settings,
            admin_password,
            keys,
            template,
            binaries,
            owner_url,
        };
        progress.say("the schema is up to date");
        shop.admin_password = shop.seed_data(options.data.as_deref()).await?;
        progress.say("the catalogue is filled");
        Ok(shop)
    }

    /// The base URL of the API: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        self.gateway.url()
    }

    /// The URL of the database as its owner.
    pub fn database_url(&self) -> &str {
        &self.owner_url
    }

    pub fn aws(&self) -> &Aws {
        &self.services.aws
    }

    /// Verifies the address of an account, as the link in the email does.
    pub async fn verify_address(&self, email: &str) -> Result<(), Error> {
        let sql = "update users set email_verified_at = now() where email = $1";
        self.execute(sql, &[&email]).await
    }

    /// Executes a statement as the owner of the database.
    pub(crate) async fn execute(
        &self,
        sql: &str,
        with: &[&(dyn ToSql + Sync)],
    ) -> Result<(), Error> {
        let (client, connection) = tokio_postgres::connect(&self.owner_url, NoTls).await?;
        let connection = tokio::spawn(connection);
        client.execute(sql, with).await?;
        drop(client);
        let _ = connection.await;
        Ok(())
    }

    /// Creates the initial data. Returns the admin's password: a new one, or that of the data folder.
    async fn seed_data(&self, data: Option<&std::path::Path>) -> Result<String, Error> {
        let file = data.map(|folder| folder.join("admin-password"));
        match (seed(self, &self.owner_url).await?, file) {
            (Some(new), Some(file)) => {
                std::fs::write(file, &new).map_err(Error::Password)?;
                Ok(new)
            }
            (Some(new), None) => Ok(new),
            (None, Some(file)) => std::fs::read_to_string(file).map_err(Error::Password),
            (None, None) => Ok("(unchanged since the database was created)".to_owned()),
        }
    }
}

async fn services(template: &Template, options: &Options) -> Result<BackingServices, Error> {
    let database = match &options.data {
        Some(folder) => Location::Folder(folder.join("postgres")),
        None => Location::from_environment(),
    };
    let options = stack::Options {
        database,
        sender: SENDER.to_owned(),
        log_folder: options.data.as_ref().map(|folder| folder.join("run")),
        progress: options.progress.clone(),
    };
    Ok(BackingServices::start(template, &options).await?)
}

/// Creates the database unless it exists, and returns its URL as the owner.
async fn database(postgres: &Postgres) -> Result<String, Error> {
    let (client, connection) = tokio_postgres::connect(&postgres.url("postgres"), NoTls).await?;
    let connection = tokio::spawn(connection);
    let exists = "select 1 from pg_database where datname = $1";
    if client.query_opt(exists, &[&DATABASE]).await?.is_none() {
        client.batch_execute(&format!("create database {DATABASE}")).await?;
    }
    drop(client);
    let _ = connection.await;
    Ok(postgres.url(DATABASE))
}

/// The Stripe stand-in, if it is used, and the secret key, the webhook secrets and the API URL of Stripe.
async fn stripe(
    payment: &Payment,
    listener: &Listener,
) -> Result<(Option<StandIn>, [String; 3]), Error> {
    match payment {
        Payment::StandIn => {
            let stripe =
                StandIn::start(stripe::Options::default()).await.map_err(Error::StandIn)?;
            stripe.set_webhook(format!("{}/v1/webhooks/stripe", listener.url()), [STAND_IN_SECRET]);
            let url = stripe.url().to_owned();
            Ok((Some(stripe), [STAND_IN_KEY.to_owned(), STAND_IN_SECRET.to_owned(), url]))
        }
        Payment::Stripe { secret_key, webhook_secrets } => {
            Ok((None, [secret_key.clone(), webhook_secrets.clone(), String::new()]))
        }
    }
}

/// The values of all variables that the template declares.
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
        // There is no front end here. The token of a link can be used with the API.
        ("SHOP_URL", shop_url),
        ("STRIPE_SECRET_KEY", secret_key),
        ("STRIPE_WEBHOOK_SECRETS", webhook_secrets),
        ("STRIPE_API_URL", stripe_url),
        ("STRIPE_LIVEMODE", "false"),
        ("STRIPE_VOUCHERS", "false"),
        // All secrets are given as plain values.
        ("DATABASE_AUTH", ""),
        ("DATABASE_PASSWORD_ARN", ""),
        ("MIGRATE_DATABASE_PASSWORD_ARN", ""),
        ("APP_DATABASE_AUTH", ""),
        ("APP_DATABASE_PASSWORD_ARN", ""),
        // Other shops on the same server have the same role.
        ("DATABASE_MAX_CONNECTIONS", ""),
    ];
    Ok(values.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}
