//! A web page with the emails that were sent.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::failure::chain;
use stack::aws::{Error, Mail, Sqs};
use std::io;
use std::net::Ipv4Addr;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The HTML of an email is untrusted: it may not load, run or submit anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The server of the page. It stops when this is dropped.
#[derive(Debug)]
pub struct Mailbox {
    url: String,
    server: AbortHandle,
}

#[derive(Template)]
#[template(path = "mails.html")]
struct Page {
    mails: Vec<Mail>,
}

impl Mailbox {
    pub(crate) async fn open(aws: Sqs) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let routes = Router::new().route("/", get(show)).route("/count", get(count));
        let server = axum::serve(listener, routes.with_state(aws));
        let server = tokio::spawn(async { server.await }).abort_handle();
        Ok(Self { url, server })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn show(State(aws): State<Sqs>) -> Response {
    let mails = match aws.mails().await {
        Ok(mails) => mails,
        Err(error) => return bad_gateway(&error),
    };
    match (Page { mails }).render() {
        Ok(page) => ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response(),
        Err(error) => bad_gateway(&error),
    }
}

/// The number of emails. The page polls it and reloads when it has changed.
async fn count(State(aws): State<Sqs>) -> Response {
    let mails: Result<_, Error> = aws.mails().await;
    mails.map_or_else(|error| bad_gateway(&error), |mails| mails.len().to_string().into_response())
}

fn bad_gateway(error: &(dyn std::error::Error + 'static)) -> Response {
    (StatusCode::BAD_GATEWAY, chain(error)).into_response()
}

/// When an email was sent, as RFC 3339 and in words.
fn sent_at(mail: &Mail) -> Option<(String, String)> {
    let form = format_description!(
        "[day padding:none] [month repr:long] [year], [hour]:[minute]:[second] UTC"
    );
    let at = mail.at?;
    Some((at.format(&Rfc3339).ok()?, at.format(form).ok()?))
}
