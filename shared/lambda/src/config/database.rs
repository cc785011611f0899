//! How a function connects to the database and authenticates.

use super::secrets_manager::SecretReference;
use crate::aws::{self, Service};
use crate::environment::{Clock, Config};
use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use domain::db::{Address, AppSignIn, BadAddress, ConnectionLimit, Db, Password};
use domain::failure::chain;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lambda_http::Error;
use lambda_http::http::Request;
use std::sync::Arc;
use std::time::Duration;

/// The root certificates of Amazon RDS in every region: AWS's `global-bundle.pem` without expired and test
/// certificates. RDS Proxy uses certificates of public authorities.
const RDS_ROOTS: &[u8] = include_bytes!("rds-roots.pem");
/// How long RDS accepts a token as a password. An open connection outlives its token.
const TOKEN_LIFETIME: Duration = Duration::from_mins(15);

/// The database at `<name>_URL`. The password is part of the URL, or the secret `<name>_PASSWORD_ARN`; with
/// `<name>_AUTH=iam` there is none. Opens no connection yet.
pub(super) async fn open(config: &Config, name: &str) -> Result<Db, Error> {
    let url_name = format!("{name}_URL");
    let url = config.text(&url_name).await?;
    let wrong = |error: BadAddress| format!("{url_name}: {}", chain(&error));
    let address = Address::parse(&url).map_err(wrong)?.trusting(RDS_ROOTS);
    let address = match Credentials::read(config, name).await? {
        Credentials::InUrl => address,
        Credentials::Secret(reference) => {
            address.signing_in_with(Arc::new(SecretPassword(reference)))
        }
        Credentials::Iam => {
            let token = IamToken::new(&address, aws::config(Service::Rds).await, config.clock());
            address.signing_in_with(Arc::new(token.map_err(|why| format!("{url_name}: {why}"))?))
        }
    };
    // A Lambda instance serves one request at a time, so one connection is enough.
    Ok(Db::open(address, 1).map_err(wrong)?)
}

/// How the role `app_rw` is to authenticate, from `APP_DATABASE_PASSWORD_ARN` and `APP_DATABASE_AUTH`. None if neither
/// is set.
pub(super) async fn app_sign_in(config: &Config) -> Result<Option<AppSignIn>, Error> {
    Ok(match Credentials::read(config, "APP_DATABASE").await? {
        Credentials::InUrl => None,
        Credentials::Secret(reference) => Some(AppSignIn::Password(reference.fetch().await?)),
        Credentials::Iam => Some(AppSignIn::Iam),
    })
}

/// From `DATABASE_MAX_CONNECTIONS`, `max_connections` of the database.
pub(super) fn app_connection_limit(config: &Config) -> Result<Option<ConnectionLimit>, Error> {
    let name = "DATABASE_MAX_CONNECTIONS";
    let Some(value) = config.optional(name) else { return Ok(None) };
    let most = value.parse().map_err(|_| format!("{name} is a whole number, not {value}"))?;
    Ok(Some(ConnectionLimit::share_of(most)))
}

/// Where the password of a role comes from.
enum Credentials {
    /// The database URL, which may have a password.
    InUrl,
    Secret(SecretReference),
    Iam,
}

impl Credentials {
    async fn read(config: &Config, name: &str) -> Result<Self, Error> {
        let (arn_name, auth_name) = (format!("{name}_PASSWORD_ARN"), format!("{name}_AUTH"));
        match (config.optional(&arn_name), config.optional(&auth_name)) {
            (None, None) => Ok(Self::InUrl),
            (Some(arn), None) => {
                let aws = aws::config(Service::SecretsManager).await;
                let reference = SecretReference::parse(&arn, &aws);
                Ok(Self::Secret(reference.map_err(|why| format!("{arn_name}: {why}"))?))
            }
            (None, Some(auth)) if auth == "iam" => Ok(Self::Iam),
            (None, Some(auth)) => Err(format!("{auth_name} is iam or not set, not {auth}").into()),
            (Some(_), Some(_)) => Err(format!("set {arn_name} or {auth_name}, not both").into()),
        }
    }
}

/// A password in Secrets Manager. Fetched for each new connection, so that a rotation takes effect with the next one.
#[derive(Debug)]
struct SecretPassword(SecretReference);

impl Password for SecretPassword {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Error>> {
        self.0.fetch().boxed()
    }
}

/// IAM database authentication: a presigned URL that RDS accepts as a password
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html>).
#[derive(Debug)]
struct IamToken {
    url: String,
    aws: SdkConfig,
    clock: Clock,
}

impl IamToken {
    fn new(address: &Address, aws: SdkConfig, clock: Clock) -> Result<Self, &'static str> {
        let (host, port) = address.host().ok_or("IAM authentication needs one host, by name")?;
        let user = address.user().ok_or("IAM authentication needs a user name in the address")?;
        let url = format!("https://{host}:{port}/?Action=connect&DBUser={user}");
        Ok(Self { url, aws, clock })
    }

    async fn sign(&self) -> Result<String, Error> {
        let credentials = self.aws.credentials_provider().ok_or("there are no AWS credentials")?;
        let identity = credentials.provide_credentials().await?.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(TOKEN_LIFETIME);
        let region = self.aws.region().ok_or("AWS_REGION is not set")?;
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region.as_ref())
            .name("rds-db")
            .time(self.clock.now().into())
            .settings(settings)
            .build()?
            .into();
        let body = SignableBody::Bytes(&[]);
        let request = SignableRequest::new("GET", &self.url, std::iter::empty(), body)?;
        let (instructions, _) = sign(request, &params)?.into_parts();
        let mut request = Request::get(&self.url).body(())?;
        instructions.apply_to_request_http1x(&mut request);
        let url = request.uri().to_string();
        Ok(url.strip_prefix("https://").unwrap_or(&url).to_owned())
    }
}

impl Password for IamToken {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Error>> {
        self.sign().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::provider::SharedCredentialsProvider;
    use time::macros::datetime;

    const NOON: Clock = Clock(|| datetime!(2026-01-01 12:00 UTC));

    fn aws() -> SdkConfig {
        let credentials = aws_credential_types::Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            Some("session".to_owned()),
            None,
            "test",
        );
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    #[tokio::test]
    async fn a_token_is_a_signed_url_without_its_scheme() {
        let address =
            Address::parse("postgres://app_rw@shop.cluster.eu-central-1.rds.amazonaws.com/shop");
        let token = IamToken::new(&address.unwrap(), aws(), NOON).unwrap();
        let token = token.fetch().await.unwrap();
        let start =
            "shop.cluster.eu-central-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app_rw&";
        assert!(token.starts_with(start), "{token}");
        for part in [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "eu-central-1%2Frds-db%2Faws4_request",
            "X-Amz-Date=20260101T120000Z",
            "X-Amz-Expires=900",
            "X-Amz-Security-Token=session",
            "X-Amz-Signature=",
        ] {
            assert!(token.contains(part), "{part} in {token}");
        }
    }

    #[test]
    fn the_roots_of_rds_are_certificates_that_can_be_trusted() {
        let far = Address::parse("postgres://app_rw@db.example.com/shop").unwrap();
        assert!(Db::open(far.trusting(RDS_ROOTS), 1).is_ok());
    }

    #[test]
    fn iam_signs_in_to_one_host_as_somebody() {
        for vague in ["postgres://app_rw@a,b/shop", "host=db.example.com"] {
            let address = Address::parse(vague).unwrap();
            assert!(IamToken::new(&address, aws(), NOON).is_err(), "{vague}");
        }
    }
}
