//! Configuration of the AWS SDK, from the environment variables that Lambda sets.
//!
//! Not the SDK's default provider chain: that also tries profile files, web identity tokens and instance metadata. A
//! function has none of these, and each would cost binary size and start-up time.

use crate::environment::Config;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::meta::region::ProvideRegion;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

/// An AWS service that a function calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Sqs,
    SesV2,
    SecretsManager,
    /// Only to sign IAM authentication tokens; no request is sent.
    Rds,
}

/// Credentials, region and endpoint for a service. The endpoint is `AWS_ENDPOINT_URL_<service>`, else
/// `AWS_ENDPOINT_URL`, else that of the region.
pub async fn config(service: Service) -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let variables = Config::from_env();
    let endpoint = variables.optional(&format!("AWS_ENDPOINT_URL_{}", service.name()));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new().region().await)
        .credentials_provider(credentials);
    config.set_endpoint_url(endpoint.or_else(|| variables.optional("AWS_ENDPOINT_URL")));
    config.build()
}

impl Service {
    /// As in the SDK's environment variables.
    fn name(self) -> &'static str {
        match self {
            Self::Sqs => "SQS",
            Self::SesV2 => "SESV2",
            Self::SecretsManager => "SECRETS_MANAGER",
            Self::Rds => "RDS",
        }
    }
}
