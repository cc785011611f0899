use super::{Error, Mail, REGION};
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// AWS's JSON protocol, unsigned: MiniStack reads the account from the key's name and checks no signature. So the
/// test side needs neither the SDK nor its TLS; the functions do use the SDK.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    endpoint: String,
}

impl Sqs {
    pub(crate) fn new(endpoint: &str) -> Self {
        let client = Client::builder().no_proxy().build();
        Self {
            client: client.expect("a client without TLS and proxies always builds"),
            endpoint: endpoint.to_owned(),
        }
    }

    /// One SQS action, such as `ReceiveMessage`.
    pub async fn call(&self, action: &str, wish: &Value) -> Result<Value, Error> {
        let request = self
            .client
            .post(&self.endpoint)
            .header("authorization", signed_by_nobody("sqs"))
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(wish.to_string());
        answer(action, request).await
    }

    /// Puts a secret into Secrets Manager, and says its ARN.
    pub async fn keep_secret(&self, name: &str, text: &str) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "UPPERCASE")]
        struct Kept {
            arn: String,
        }
        let request = self
            .client
            .post(&self.endpoint)
            .header("authorization", signed_by_nobody("secretsmanager"))
            .header("x-amz-target", "secretsmanager.CreateSecret")
            .header("content-type", "application/x-amz-json-1.1")
            .body(json!({"Name": name, "SecretString": text}).to_string());
        let kept: Kept = answer("CreateSecret", request).await?;
        Ok(kept.arn)
    }

    /// Every mail sent so far, oldest first.
    pub async fn mails(&self) -> Result<Vec<Mail>, Error> {
        #[derive(Deserialize)]
        struct Outbox {
            messages: BTreeMap<String, Vec<Mail>>,
        }
        let outbox: Outbox = self.get("/_ministack/ses/messages", &[]).await?;
        Ok(outbox.messages.into_values().flatten().collect())
    }

    pub(super) async fn post(&self, path: &str, wish: &Value) -> Result<(), Error> {
        let request = self
            .client
            .post(format!("{}{path}", self.endpoint))
            .header("authorization", signed_by_nobody("ses"))
            .json(wish);
        answer::<Value>(path, request).await.map(|_| ())
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("{}{path}?{}", self.endpoint, query.join("&"));
        answer(path, self.client.get(url)).await
    }
}

async fn answer<T: DeserializeOwned>(action: &str, request: RequestBuilder) -> Result<T, Error> {
    let silent = |source| Error::Silent { action: action.to_owned(), source };
    let response = request.send().await.map_err(silent)?;
    if !response.status().is_success() {
        let answer = response.text().await.map_err(silent)?;
        return Err(Error::Refused { action: action.to_owned(), answer });
    }
    let text = response.text().await.map_err(silent)?;
    let text = if text.is_empty() { "null" } else { &text };
    serde_json::from_str(text).map_err(|error| Error::Refused {
        action: action.to_owned(),
        answer: format!("{text} ({error})"),
    })
}

fn signed_by_nobody(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}
