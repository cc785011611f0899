//! A client of the API over HTTP.

use invariants::{Exchange, ExchangeLog};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

/// The response to a request.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// A string if it is not JSON.
    pub body: Value,
}

/// A client, authenticated or not.
#[derive(Clone, Debug)]
pub struct Customer {
    http: reqwest::Client,
    api: String,
    token: Option<String>,
    /// The email address, once logged in.
    user: Option<String>,
    exchanges: Option<ExchangeLog>,
}

impl Customer {
    /// A client that is not logged in. `api` is the base URL.
    pub fn anonymous(api: &str) -> Self {
        let (http, api) = (reqwest::Client::new(), api.to_owned());
        Self { http, api, token: None, user: None, exchanges: None }
    }

    /// Records all requests and responses from now on.
    #[must_use]
    pub fn recording(self, exchanges: &ExchangeLog) -> Self {
        Self { exchanges: Some(exchanges.clone()), ..self }
    }

    /// Logs in. The following requests are authenticated if it succeeds.
    pub async fn log_in(&mut self, email: &str, password: &str) -> reqwest::Result<Response> {
        let body = json!({"email": email, "password": password});
        let response = self.post("/v1/auth/login", &body).await?;
        self.token = response.body["access_token"].as_str().map(str::to_owned);
        self.user = self.token.as_ref().map(|_| email.to_owned());
        Ok(response)
    }

    /// The access token, once logged in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.send(Method::GET, path, None, |request| request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        self.send(Method::POST, path, None, |request| request.json(body)).await
    }

    /// A `POST` with a new `Idempotency-Key`.
    pub async fn post_with_new_key(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        self.post_with_key(&Uuid::now_v7().to_string(), path, body).await
    }

    /// A `POST` with a given `Idempotency-Key`, to retry it after a failure.
    pub async fn post_with_key(
        &self,
        key: &str,
        path: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        let with_key = |request: RequestBuilder| request.header("idempotency-key", key).json(body);
        self.send(Method::POST, path, Some(key), with_key).await
    }

    /// Completes a checkout of any version over this total, with a key to retry it after a failure.
    pub async fn complete(
        &self,
        key: &str,
        checkout: &str,
        total: &Value,
    ) -> reqwest::Result<Response> {
        let path = format!("/v1/checkouts/{checkout}/complete");
        let body = json!({"expected_total": total});
        let with_key = |request: RequestBuilder| {
            request.header("idempotency-key", key).header("if-match", "*").json(&body)
        };
        self.send(Method::POST, &path, Some(key), with_key).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> reqwest::Result<Response> {
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
        if let Some(exchanges) = &self.exchanges {
            let (user, key) = (self.user.clone(), key.map(str::to_owned));
            exchanges.add(Exchange { user, call, key, status, body: body.clone() });
        }
        Ok(Response { status, body })
    }
}
