//! A stand-in of SES v2 for `SendEmail`: it keeps the emails it accepts, and refuses on request.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sesv2::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use invariants::SentMail;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub(crate) struct Ses(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    address: String,
    mails: Vec<Value>,
    refusals: VecDeque<(u16, &'static str, String)>,
}

impl Ses {
    pub(crate) async fn open() -> Self {
        let ses = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        ses.0.lock().unwrap().address = address;
        let api = ses.clone();
        let handler = post(async move |body: String| api.accept(&body));
        let router = Router::new().route("/v2/email/outbound-emails", handler);
        tokio::spawn(async { axum::serve(listener, router).await });
        ses
    }

    /// The next request fails with this error.
    pub(crate) fn refuse(&self, status: u16, kind: &'static str, message: &str) {
        self.0.lock().unwrap().refusals.push_back((status, kind, message.to_owned()));
    }

    /// The accepted emails, as the requests describe them.
    pub(crate) fn mails(&self) -> Vec<Value> {
        self.0.lock().unwrap().mails.clone()
    }

    /// The accepted emails, for the audit.
    pub(crate) fn sent_mails(&self) -> Vec<SentMail> {
        let text = |mail: &Value, pointer: &str| super::text(mail, pointer).to_owned();
        let sent = |(place, mail): (usize, &Value)| SentMail {
            message_id: format!("receipt-{}", place + 1),
            to: text(mail, "/Destination/ToAddresses/0"),
            subject: text(mail, super::SUBJECT),
        };
        self.mails().iter().enumerate().map(sent).collect()
    }

    /// A configuration of the AWS SDK for this stand-in.
    pub(crate) fn config(&self) -> SdkConfig {
        at(&self.0.lock().unwrap().address)
    }

    fn accept(&self, body: &str) -> Response {
        let mut state = self.0.lock().unwrap();
        let json = [(header::CONTENT_TYPE, "application/json")];
        if let Some((status, kind, message)) = state.refusals.pop_front() {
            let status = StatusCode::from_u16(status).unwrap();
            let body = json!({"message": message}).to_string();
            return (status, [("x-amzn-errortype", kind)], json, body).into_response();
        }
        state.mails.push(serde_json::from_str(body).unwrap());
        let message_id = format!("receipt-{}", state.mails.len());
        (json, json!({"MessageId": message_id}).to_string()).into_response()
    }
}

/// A configuration of the AWS SDK for a server at `address`.
pub(crate) fn at(address: &str) -> SdkConfig {
    let credentials = Credentials::new("any", "any", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
