//! A deploy that waits for the schema: `CloudFormation`'s custom resource, which hears the outcome at an address of its own.

use crate::{App, Done, handle};
use domain::db::Db;
use domain::failure::chain;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// For the answer only; the migrations have the rest of the function's time.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `CloudFormation` asks, and where it waits for the answer.
// Not `Debug`: whoever knows the address can answer.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deploy {
    request_type: Request,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Request {
    Create,
    Update,
    Delete,
}

/// The deploy would wait for an answer that never comes.
#[derive(Debug, thiserror::Error)]
#[error("could not tell CloudFormation")]
pub struct Unheard(#[from] reqwest::Error);

impl Deploy {
    /// Nothing, if somebody else asks.
    pub fn asking(event: &Value) -> Option<Self> {
        Self::deserialize(event).ok()
    }

    /// Migrates and tells. A failure is told as well, and ends the deploy before any other function changes.
    pub async fn migrate(&self, db: &Db, app: App) -> Result<Done, lambda::Error> {
        // A stack that goes leaves the data where it is.
        let done = match self.request_type {
            Request::Create | Request::Update => handle(db, app, json!({})).await,
            Request::Delete => Ok(Done::Migrated { applied: 0 }),
        };
        self.tell(done.as_ref().err()).await?;
        done
    }

    async fn tell(&self, failure: Option<&lambda::Error>) -> Result<(), Unheard> {
        let answer = json!({
            "Status": if failure.is_none() { "SUCCESS" } else { "FAILED" },
            "Reason": failure.map(|failure| chain(&**failure)),
            "PhysicalResourceId": "schema",
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        });
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        // The address is signed without a content type, so there must be none.
        let told = client.put(&self.response_url).body(answer.to_string()).send().await;
        // The address lets its holder answer in our name: it stays out of the log.
        told.and_then(reqwest::Response::error_for_status).map_err(reqwest::Error::without_url)?;
        Ok(())
    }
}
