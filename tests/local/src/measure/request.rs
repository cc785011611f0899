//! One request, how long it took, and whether its answer was the expected one.

use super::Crowd;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How one request went.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) took: Duration,
    /// What was wrong with the answer, if anything.
    pub(crate) failed: Option<String>,
}

impl Crowd {
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.request(Method::GET, format!("{}{path}", self.api))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.request(Method::POST, format!("{}{path}", self.api)).json(body)
    }

    /// Orders one piece of each product.
    pub(crate) async fn order<'a>(
        &self,
        buyer: usize,
        products: impl Iterator<Item = &'a str>,
    ) -> (Done, Value) {
        let line = |product| json!({"product": product, "quantity": 1});
        let lines: Vec<_> = products.map(line).collect();
        let request = self.post("/v1/orders", &json!({"lines": lines}));
        let request = request.header("idempotency-key", Uuid::now_v7().to_string());
        send(request.bearer_auth(self.token(buyer)), 201).await
    }
}

pub(crate) async fn send(request: RequestBuilder, expected: u16) -> (Done, Value) {
    let start = Instant::now();
    let answer = async {
        let response = request.send().await?;
        Ok::<_, reqwest::Error>((response.status().as_u16(), response.bytes().await?))
    };
    let answer = answer.await;
    let took = start.elapsed();
    match answer {
        Ok((status, bytes)) => {
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let failed = (status != expected).then(|| format!("{status} {body}"));
            (Done { took, failed }, body)
        }
        Err(error) => (Done { took, failed: Some(error.to_string()) }, Value::Null),
    }
}
