//! How a function reaches AWS: as Lambda tells it by its environment, and by nothing else.
//!
//! The SDK's own search also reads profiles, asks a token service and the machine's metadata: a function has none of
//! these, and each binary and each start would pay for them.

use super::Config;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::meta::region::ProvideRegion;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

/// A service of AWS, as the SDK's variables name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Sqs,
    SesV2,
    SecretsManager,
    /// Signs in at RDS: nothing is sent.
    Rds,
}

/// Keys, region and address of a service: those of `AWS_ENDPOINT_URL_<service>`, of `AWS_ENDPOINT_URL`, or the region's.
pub async fn config(service: Service) -> SdkConfig {
    let keys = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let variables = Config::from_env();
    let endpoint = variables.look_up(&format!("AWS_ENDPOINT_URL_{}", service.name()));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new().region().await)
        .credentials_provider(keys);
    config.set_endpoint_url(endpoint.or_else(|| variables.look_up("AWS_ENDPOINT_URL")));
    config.build()
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Sqs => "SQS",
            Self::SesV2 => "SESV2",
            Self::SecretsManager => "SECRETS_MANAGER",
            Self::Rds => "RDS",
        }
    }
}
