//! Somebody who talks to the shop over HTTP.

use books::{Note, Notes};
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
    /// The address, once signed in.
    who: Option<String>,
    notes: Option<Notes>,
}

impl Customer {
    pub fn stranger(api: &str) -> Self {
        let (http, api) = (reqwest::Client::new(), api.to_owned());
        Self { http, api, token: None, who: None, notes: None }
    }

    /// From now on writes down what was answered.
    #[must_use]
    pub fn noting(self, notes: &Notes) -> Self {
        Self { notes: Some(notes.clone()), ..self }
    }

    /// Signs in with what `POST /v1/auth/login` takes.
    pub async fn log_in(&mut self, email: &str, password: &str) -> reqwest::Result<Answer> {
        let wish = json!({"email": email, "password": password});
        let answer = self.post("/v1/auth/login", &wish).await?;
        self.token = answer.body["access_token"].as_str().map(str::to_owned);
        self.who = self.token.as_ref().map(|_| email.to_owned());
        Ok(answer)
    }

    /// The access token, once signed in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<Answer> {
        self.send(Method::GET, path, None, |request| request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.send(Method::POST, path, None, |request| request.json(body)).await
    }

    /// A `POST` under a new `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.post_under(&Uuid::now_v7().to_string(), path, body).await
    }

    /// A `POST` under an `Idempotency-Key` of one's own, to send it again after a failure.
    pub async fn post_under(&self, key: &str, path: &str, body: &Value) -> reqwest::Result<Answer> {
        let keyed = |request: RequestBuilder| request.header("idempotency-key", key).json(body);
        self.send(Method::POST, path, Some(key), keyed).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> reqwest::Result<Answer> {
        let call = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.api));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = with(request).send().await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        if let Some(notes) = &self.notes {
            let (who, key) = (self.who.clone(), key.map(str::to_owned));
            notes.add(Note { who, call, key, status, body: body.clone() });
        }
        Ok(Answer { status, body })
    }
}
