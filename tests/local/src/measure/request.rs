//! A timed request whose response status is checked.

use super::Buyers;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The outcome of one request.
#[derive(Clone, Debug)]
pub(crate) struct RequestOutcome {
    pub(crate) took: Duration,
    /// The unexpected response or the error, if it failed.
    pub(crate) failed: Option<String>,
}

impl Buyers {
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.request(Method::GET, format!("{}{path}", self.api))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.request(Method::POST, format!("{}{path}", self.api)).json(body)
    }

    /// Places an order of one piece of each product.
    pub(crate) async fn order<'a>(
        &self,
        buyer: usize,
        products: impl Iterator<Item = &'a str>,
    ) -> (RequestOutcome, Value) {
        let line = |product| json!({"product": product, "quantity": 1});
        let lines: Vec<_> = products.map(line).collect();
        let request = self.post("/v1/orders", &json!({"lines": lines}));
        let request = request.header("idempotency-key", Uuid::now_v7().to_string());
        send(request.bearer_auth(self.token(buyer)), 201).await
    }
}

pub(crate) async fn send(request: RequestBuilder, expected: u16) -> (RequestOutcome, Value) {
    let start = Instant::now();
    let response = async {
        let response = request.send().await?;
        Ok::<_, reqwest::Error>((response.status().as_u16(), response.bytes().await?))
    };
    let response = response.await;
    let took = start.elapsed();
    match response {
        Ok((status, bytes)) => {
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let failed = (status != expected).then(|| format!("{status} {body}"));
            (RequestOutcome { took, failed }, body)
        }
        Err(error) => (RequestOutcome { took, failed: Some(error.to_string()) }, Value::Null),
    }
}
