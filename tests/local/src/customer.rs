//! Somebody who talks to the shop over HTTP.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// A person with a browser, signed in or not.
#[derive(Clone, Debug)]
pub struct Customer {
    http: reqwest::Client,
    api: String,
    token: Option<String>,
}

impl Customer {
    pub fn stranger(api: &str) -> Self {
        Self { http: reqwest::Client::new(), api: api.to_owned(), token: None }
    }

    /// Signs in with what `POST /v1/auth/login` takes.
    pub async fn log_in(&mut self, email: &str, password: &str) -> reqwest::Result<Answer> {
        let wish = json!({"email": email, "password": password});
        let answer = self.post("/v1/auth/login", &wish).await?;
        self.token = answer.body["access_token"].as_str().map(str::to_owned);
        Ok(answer)
    }

    /// The access token, once signed in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<Answer> {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// A `POST` under a new `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.post_under(&Uuid::now_v7().to_string(), path, body).await
    }

    /// A `POST` under an `Idempotency-Key` of one's own, to send it again after a failure.
    pub async fn post_under(&self, key: &str, path: &str, body: &Value) -> reqwest::Result<Answer> {
        send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.api));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

async fn send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await?;
    let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
    Ok(Answer { status, body })
}
