//! As much of SES v2 as sending a mail takes: it remembers what it took, and can be told to refuse.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sesv2::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use books::Posted;
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
        let door = ses.clone();
        let take = post(async move |body: String| door.take(&body));
        let router = Router::new().route("/v2/email/outbound-emails", take);
        tokio::spawn(async { axum::serve(listener, router).await });
        ses
    }

    /// The next mail is answered with this error.
    pub(crate) fn refuse(&self, status: u16, kind: &'static str, message: &str) {
        self.0.lock().unwrap().refusals.push_back((status, kind, message.to_owned()));
    }

    /// The mails that were taken.
    pub(crate) fn mails(&self) -> Vec<Value> {
        self.0.lock().unwrap().mails.clone()
    }

    /// The same, as they are compared with our notes.
    pub(super) fn posted(&self) -> Vec<Posted> {
        let text = |mail: &Value, pointer: &str| super::text(mail, pointer).to_owned();
        let posted = |(place, mail): (usize, &Value)| Posted {
            receipt: format!("receipt-{}", place + 1),
            to: text(mail, "/Destination/ToAddresses/0"),
            subject: text(mail, super::SUBJECT),
        };
        self.mails().iter().enumerate().map(posted).collect()
    }

    /// For a client of the AWS SDK.
    pub(crate) fn config(&self) -> SdkConfig {
        at(&self.0.lock().unwrap().address)
    }

    fn take(&self, body: &str) -> Response {
        let mut state = self.0.lock().unwrap();
        let json = [(header::CONTENT_TYPE, "application/json")];
        if let Some((status, kind, message)) = state.refusals.pop_front() {
            let status = StatusCode::from_u16(status).unwrap();
            let body = json!({"message": message}).to_string();
            return (status, [("x-amzn-errortype", kind)], json, body).into_response();
        }
        state.mails.push(serde_json::from_str(body).unwrap());
        let receipt = format!("receipt-{}", state.mails.len());
        (json, json!({"MessageId": receipt}).to_string()).into_response()
    }
}

/// For a client of whatever listens at `address`.
pub(crate) fn at(address: &str) -> SdkConfig {
    let nobody = Credentials::new("nobody", "nothing", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(nobody))
        .build()
}
