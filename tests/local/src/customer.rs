//! A client of the API over HTTP.

use invariants::{Exchange, ExchangeLog};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::net::IpAddr;
use uuid::Uuid;

/// The response to a request.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    /// A string if it is not JSON.
    pub body: Value,
    pub etag: Option<String>,
}

/// A client, authenticated or not.
#[derive(Clone, Debug)]
pub struct Customer {
    http: reqwest::Client,
    api: String,
    token: Option<String>,
    /// What opens the checkout of a guest.
    checkout_secret: Option<String>,
    /// The email address, once logged in.
    user: Option<String>,
    exchanges: Option<ExchangeLog>,
}

impl Customer {
    /// A client that is not logged in. `api` is the base URL.
    pub fn anonymous(api: &str) -> Self {
        let (http, api) = (reqwest::Client::new(), api.to_owned());
        Self { http, api, token: None, checkout_secret: None, user: None, exchanges: None }
    }

    /// The same, calling from this address of the machine.
    pub fn from_address(api: &str, address: IpAddr) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().local_address(address).build()?;
        Ok(Self { http, ..Self::anonymous(api) })
    }

    /// Sends an access token from now on.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// Sends the secret of a guest's checkout from now on.
    #[must_use]
    pub fn with_checkout_secret(self, secret: &str) -> Self {
        Self { checkout_secret: Some(secret.to_owned()), ..self }
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

    /// A `POST` with a given `Idempotency-Key`, of what was shown with this `ETag`; `*` is any.
    pub async fn post_if_match(
        &self,
        etag: &str,
        key: &str,
        path: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        let with_headers = |request: RequestBuilder| {
            request.header("if-match", etag).header("idempotency-key", key).json(body)
        };
        self.send(Method::POST, path, Some(key), with_headers).await
    }

    /// A `PATCH` with `If-Match`: `*` for whatever its current version is.
    pub async fn patch_if_match(
        &self,
        version: &str,
        path: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        let with_version = |request: RequestBuilder| request.header("if-match", version).json(body);
        self.send(Method::PATCH, path, None, with_version).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        self.send(Method::PUT, path, None, |request| request.json(body)).await
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
        if let Some(secret) = &self.checkout_secret {
            request = request.header("checkout-secret", secret);
        }
        let response = with(request).send().await?;
        let status = response.status().as_u16();
        let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
        let etag = etag.map(str::to_owned);
        let bytes = response.bytes().await?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        if let Some(exchanges) = &self.exchanges {
            let (user, key) = (self.user.clone(), key.map(str::to_owned));
            exchanges.add(Exchange { user, call, key, status, body: body.clone() });
        }
        Ok(Response { status, body, etag })
    }
}
