use super::{Error, Mail, REGION};
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A client for the JSON protocol of AWS, unsigned: MiniStack takes the account from the access key and checks no
/// signature. So tests need neither the SDK nor TLS; the functions do use the SDK.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    endpoint: String,
}

impl Sqs {
    pub(crate) fn new(endpoint: &str) -> Self {
        let client = Client::builder().no_proxy().build();
        Self {
            client: client.expect("a client without TLS and proxy always builds"),
            endpoint: endpoint.to_owned(),
        }
    }

    /// One SQS action, such as `ReceiveMessage`.
    pub async fn call(&self, action: &str, input: &Value) -> Result<Value, Error> {
        let request = self
            .client
            .post(&self.endpoint)
            .header("authorization", unsigned_authorization("sqs"))
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(input.to_string());
        send(action, request).await
    }

    /// Creates a secret in Secrets Manager and returns its ARN.
    pub async fn create_secret(&self, name: &str, text: &str) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "UPPERCASE")]
        struct CreateSecretOutput {
            arn: String,
        }
        let request = self
            .client
            .post(&self.endpoint)
            .header("authorization", unsigned_authorization("secretsmanager"))
            .header("x-amz-target", "secretsmanager.CreateSecret")
            .header("content-type", "application/x-amz-json-1.1")
            .body(json!({"Name": name, "SecretString": text}).to_string());
        let output: CreateSecretOutput = send("CreateSecret", request).await?;
        Ok(output.arn)
    }

    /// All emails sent so far, oldest first.
    pub async fn mails(&self) -> Result<Vec<Mail>, Error> {
        #[derive(Deserialize)]
        struct SentMessages {
            messages: BTreeMap<String, Vec<Mail>>,
        }
        let sent: SentMessages = self.get("/_ministack/ses/messages", &[]).await?;
        Ok(sent.messages.into_values().flatten().collect())
    }

    pub(super) async fn post(&self, path: &str, input: &Value) -> Result<(), Error> {
        let request = self
            .client
            .post(format!("{}{path}", self.endpoint))
            .header("authorization", unsigned_authorization("ses"))
            .json(input);
        send::<Value>(path, request).await.map(|_| ())
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("{}{path}?{}", self.endpoint, query.join("&"));
        send(path, self.client.get(url)).await
    }
}

async fn send<T: DeserializeOwned>(action: &str, request: RequestBuilder) -> Result<T, Error> {
    let failed = |source| Error::Unreachable { action: action.to_owned(), source };
    let response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        let response = response.text().await.map_err(failed)?;
        return Err(Error::Rejected { action: action.to_owned(), response });
    }
    let text = response.text().await.map_err(failed)?;
    let text = if text.is_empty() { "null" } else { &text };
    serde_json::from_str(text).map_err(|error| Error::Rejected {
        action: action.to_owned(),
        response: format!("{text} ({error})"),
    })
}

fn unsigned_authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}
