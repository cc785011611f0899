//! The `CloudFormation` custom resource that migrates the schema. The deploy waits until the outcome is sent to the
//! request's response URL.

use crate::{App, Outcome, TimeLimit, handle};
use domain::db::Db;
use domain::failure::chain;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The time to send the response; see [`TimeLimit`] for what the rest of the function's timeout is for.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// A custom resource request of `CloudFormation`.
// Not `Debug`: whoever knows the response URL can send the response.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deploy {
    request_type: RequestType,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum RequestType {
    Create,
    Update,
    Delete,
}

/// The server ends what is open: a migration is a transaction.
#[derive(Debug, thiserror::Error)]
#[error("the migrations took longer than the function may")]
pub struct OutOfTime;

/// The response was not sent, so the deploy waits until `CloudFormation` gives up.
#[derive(Debug, thiserror::Error)]
#[error("could not send the response to CloudFormation")]
pub struct ResponseNotSent(#[from] reqwest::Error);

impl Deploy {
    /// `None` if the event is not a custom resource request.
    pub fn from_event(event: &Value) -> Option<Self> {
        Self::deserialize(event).ok()
    }

    /// Migrates and sends the outcome. A failure ends the deploy before any other function is updated.
    /// Without an answer `CloudFormation` would wait on, so it gets one before the function's time is over. Once it has been
    /// told of a failure, this invocation has done its work: Lambda must not run it again while the stack goes back.
    pub async fn migrate(
        &self,
        db: &Db,
        app: App,
        time: TimeLimit,
    ) -> Result<Outcome, ResponseNotSent> {
        let outcome = match self.request_type {
            RequestType::Create | RequestType::Update => {
                let migrated = handle(db, app, json!({}), time);
                let migrated = tokio::time::timeout(time.until_response(), migrated).await;
                migrated.unwrap_or_else(|_| Err(OutOfTime.into()))
            }
            // Deleting the stack keeps the data.
            RequestType::Delete => Ok(Outcome::Migrated { applied: 0 }),
        };
        self.respond(outcome.as_ref().err()).await?;
        Ok(outcome.unwrap_or_else(|failure: lambda::Error| {
            let failed = chain(&*failure);
            tracing::error!(reason = failed, "the deploy fails, as CloudFormation was told");
            Outcome::Failed { failed }
        }))
    }

    async fn respond(&self, failure: Option<&lambda::Error>) -> Result<(), ResponseNotSent> {
        let body = json!({
            "Status": if failure.is_none() { "SUCCESS" } else { "FAILED" },
            "Reason": failure.map(|failure| chain(&**failure)),
            "PhysicalResourceId": "schema",
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        });
        let client = reqwest::Client::builder().timeout(RESPONSE_TIMEOUT).build()?;
        // The URL is signed without a content type, so there must be none.
        let response = client.put(&self.response_url).body(body.to_string()).send().await;
        // The log must not hold the URL, which is a credential.
        response
            .and_then(reqwest::Response::error_for_status)
            .map_err(reqwest::Error::without_url)?;
        Ok(())
    }
}
