//! How a function signs in to the database.

use super::aws::{self, Service};
use super::reference::Reference;
use super::{Clock, Config};
use crate::Error;
use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use domain::db::{Address, AppSignIn, Db, Password};
use domain::failure::chain;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lambda_http::http::Request;
use std::sync::Arc;
use std::time::Duration;

/// The roots of Amazon RDS in every region, as AWS publishes them (global-bundle.pem), without those that are past or for tests.
/// RDS Proxy has certificates of the public authorities.
const RDS_ROOTS: &[u8] = include_bytes!("rds-roots.pem");
/// How long RDS takes a token for a password. A connection once opened lives on.
const TOKEN_LIFE: Duration = Duration::from_mins(15);

/// Opens no connection yet. `<name>_URL` is the address; the password is in it, or under `<name>_PASSWORD_ARN` in Secrets Manager,
/// or there is none, because `<name>_AUTH=iam`.
pub(super) async fn open(config: &Config, name: &str) -> Result<Db, Error> {
    let url_name = format!("{name}_URL");
    let url = config.text(&url_name).await?;
    let wrong = |error: domain::db::BadAddress| format!("{url_name}: {}", chain(&error));
    let address = Address::parse(&url).map_err(wrong)?.trusting(RDS_ROOTS);
    let address = match proof(config, name).await? {
        Proof::Address => address,
        Proof::Secret(reference) => address.signing_in_with(Arc::new(Managed(reference))),
        Proof::Iam => {
            let token = Token::new(&address, aws::config(Service::Rds).await, config.clock());
            address.signing_in_with(Arc::new(token.map_err(|why| format!("{url_name}: {why}"))?))
        }
    };
    // A Lambda serves one request at a time, so one connection is enough.
    Ok(Db::open(address, 1).map_err(wrong)?)
}

/// How `app_rw` is to sign in, in the variables `APP_DATABASE_…`.
pub(super) async fn app_sign_in(config: &Config) -> Result<Option<AppSignIn>, Error> {
    Ok(match proof(config, "APP_DATABASE").await? {
        Proof::Address => None,
        Proof::Secret(reference) => Some(AppSignIn::Password(reference.fetch().await?)),
        Proof::Iam => Some(AppSignIn::Iam),
    })
}

/// What somebody shows to the database.
enum Proof {
    /// Whatever the address says.
    Address,
    Secret(Reference),
    Iam,
}

async fn proof(config: &Config, name: &str) -> Result<Proof, Error> {
    let (arn_name, auth_name) = (format!("{name}_PASSWORD_ARN"), format!("{name}_AUTH"));
    match (config.look_up(&arn_name), config.look_up(&auth_name)) {
        (None, None) => Ok(Proof::Address),
        (Some(arn), None) => {
            let reference = Reference::parse(&arn, &aws::config(Service::SecretsManager).await);
            Ok(Proof::Secret(reference.map_err(|why| format!("{arn_name}: {why}"))?))
        }
        (None, Some(auth)) if auth == "iam" => Ok(Proof::Iam),
        (None, Some(auth)) => Err(format!("{auth_name} is iam or not set, not {auth}").into()),
        (Some(_), Some(_)) => Err(format!("set {arn_name} or {auth_name}, not both").into()),
    }
}

/// A password in Secrets Manager. Asked for at each connection: a rotation is noticed by whoever signs in next.
#[derive(Debug)]
struct Managed(Reference);

impl Password for Managed {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Error>> {
        self.0.fetch().boxed()
    }
}

/// IAM database authentication: a signed URL that RDS takes for a password
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html>).
#[derive(Debug)]
struct Token {
    url: String,
    aws: SdkConfig,
    clock: Clock,
}

impl Token {
    fn new(address: &Address, aws: SdkConfig, clock: Clock) -> Result<Self, &'static str> {
        let (host, port) = address.host().ok_or("IAM needs one host, by its name")?;
        let user = address.user().ok_or("IAM needs the user's name in the address")?;
        let url = format!("https://{host}:{port}/?Action=connect&DBUser={user}");
        Ok(Self { url, aws, clock })
    }

    async fn sign(&self) -> Result<String, Error> {
        let credentials = self.aws.credentials_provider().ok_or("there are no AWS credentials")?;
        let identity = credentials.provide_credentials().await?.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(TOKEN_LIFE);
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

impl Password for Token {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Error>> {
        self.sign().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use time::macros::datetime;

    const NOON: Clock = Clock(|| datetime!(2026-01-01 12:00 UTC));

    fn aws() -> SdkConfig {
        let keys =
            Credentials::new("AKIDEXAMPLE", "secret", Some("session".to_owned()), None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .build()
    }

    #[tokio::test]
    async fn a_token_is_a_signed_url_without_its_scheme() {
        let address =
            Address::parse("postgres://app_rw@shop.cluster.eu-central-1.rds.amazonaws.com/shop");
        let token = Token::new(&address.unwrap(), aws(), NOON).unwrap().fetch().await.unwrap();
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
            assert!(Token::new(&Address::parse(vague).unwrap(), aws(), NOON).is_err(), "{vague}");
        }
    }
}
