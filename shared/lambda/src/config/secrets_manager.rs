//! Settings that are secret: in an environment variable, or in AWS Secrets Manager.

use crate::aws::{self, Service};
use crate::environment::Config;
use crate::secret::Secret;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lambda_http::Error;
use std::fmt::Display;

impl Config {
    /// The value of the variable `name`, or of the secret that `<name>_ARN` refers to.
    pub async fn text(&self, name: &str) -> Result<String, Error> {
        match self.reference(name).await? {
            Some(reference) => reference.fetch().await,
            None => self.required(name),
        }
    }

    /// Like [`Self::text`], parsed. One in Secrets Manager is fetched and parsed again after a rotation.
    pub async fn secret<T, E: Display>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Secret<T>, Error> {
        let parse = move |text: &str| -> Result<T, Error> {
            Ok(parse(text).map_err(|why| format!("{name} cannot be used: {why}"))?)
        };
        match self.reference(name).await? {
            Some(reference) => {
                Secret::fetched(name, reference.into_fetch(), parse, self.clock()).await
            }
            None => Ok(parse(&self.required(name)?)?.into()),
        }
    }

    /// None if the variable `name` itself is set: it takes precedence, because `sam local` cannot unset `<name>_ARN`.
    async fn reference(&self, name: &str) -> Result<Option<SecretReference>, Error> {
        if self.optional(name).is_some() {
            return Ok(None);
        }
        let Some(arn) = self.optional(&format!("{name}_ARN")) else { return Ok(None) };
        let reference = SecretReference::parse(&arn, &aws::config(Service::SecretsManager).await);
        Ok(Some(reference.map_err(|why| format!("{name}_ARN: {why}"))?))
    }
}

/// A secret in Secrets Manager, written as in an ECS task definition: its ARN, then `:key::` if the secret is a JSON
/// object of which one member is meant.
#[derive(Clone, Debug)]
pub(super) struct SecretReference {
    arn: String,
    key: Option<String>,
    client: Client,
}

impl SecretReference {
    pub(super) fn parse(text: &str, aws: &SdkConfig) -> Result<Self, String> {
        let parts: Vec<_> = text.split(':').collect();
        let wrong = || format!("{text} is not arn:…:secretsmanager:…:secret:<name>[:<key>::]");
        let (["arn", _, "secretsmanager", _, _, "secret", name], rest) =
            parts.split_at_checked(7).ok_or_else(wrong)?
        else {
            return Err(wrong());
        };
        let key = match rest {
            [] => None,
            [key] | [key, "", ""] if !name.is_empty() && !key.is_empty() => Some((*key).to_owned()),
            _ => return Err(wrong()),
        };
        Ok(Self { arn: parts[..7].join(":"), key, client: Client::new(aws) })
    }

    /// [`Self::fetch`] as a function that can be called again and again.
    fn into_fetch(
        self,
    ) -> impl Fn() -> BoxFuture<'static, Result<String, Error>> + Send + Sync + 'static {
        move || {
            let reference = self.clone();
            async move { reference.fetch().await }.boxed()
        }
    }

    pub(super) async fn fetch(&self) -> Result<String, Error> {
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let answer = answer.map_err(|error| {
            format!("Secrets Manager did not return {}: {}", self.arn, DisplayErrorContext(error))
        })?;
        let text =
            answer.secret_string.ok_or_else(|| format!("{} is not a text secret", self.arn))?;
        let Some(key) = &self.key else { return Ok(text) };
        // These errors are logged, so they must not quote the secret.
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
            .map_err(|_| format!("{} is not a JSON object", self.arn))?;
        let member = object.get(key).ok_or_else(|| format!("{} has no {key}", self.arn))?;
        Ok(member.as_str().map_or_else(|| member.to_string(), str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, Option<String>), String> {
        let aws =
            SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        SecretReference::parse(text, &aws).map(|reference| (reference.arn, reference.key))
    }

    #[test]
    fn a_reference_names_a_secret_or_one_member_of_it() {
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf";
        assert_eq!(parsed(arn), Ok((arn.to_owned(), None)));
        for form in [format!("{arn}:password"), format!("{arn}:password::")] {
            assert_eq!(parsed(&form), Ok((arn.to_owned(), Some("password".to_owned()))));
        }
    }

    #[test]
    fn what_is_no_reference_is_refused_by_name() {
        for wrong in
            ["", "shop", "arn:aws:sqs:eu-central-1:1:secret:x", "arn:aws:secretsmanager:::secret"]
        {
            assert!(parsed(wrong).unwrap_err().contains("is not arn:"), "{wrong}");
        }
    }
}
