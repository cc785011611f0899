//! The soak test: customers and guests, staff and a supplier use the shop concurrently while a fault is injected every second.
//! Afterwards all invariants are audited.

mod check;
mod drain;
mod faults;
mod guest;
mod load;
mod parcels;
mod returns;

use crate::{ADMIN, Customer, Response, Shop, shop};
use invariants::ExchangeLog;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_postgres::{Client, NoTls};

/// How long the soak test runs, and its seed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub length: Duration,
    /// The same seed makes the same requests and faults. Their interleaving is not deterministic.
    pub seed: u64,
}

/// The result of the soak test.
#[derive(Clone, Debug)]
pub struct SoakReport {
    /// How often each operation and each fault occurred.
    pub done: BTreeMap<String, u64>,
    /// What must exist and does not; empty if the shop is correct.
    pub lost: Vec<String>,
    /// What exists twice; empty if the shop is correct.
    pub twice: Vec<String>,
    /// The dedupe keys of emails that were sent again after a crash between sending and recording.
    pub resent_mails: Vec<String>,
}

/// Why the soak test could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Shop(#[from] shop::Error),
    #[error("the database did not answer")]
    Database(#[from] tokio_postgres::Error),
    #[error("AWS did not answer")]
    Aws(#[from] stack::aws::Error),
    #[error(transparent)]
    Audit(#[from] invariants::Error),
    #[error("the shop could not be reached")]
    Http(#[from] reqwest::Error),
    #[error("{what}: {status} {body}")]
    Refused { what: &'static str, status: u16, body: String },
    #[error("not idle after {0:?}: {1}")]
    NotIdle(Duration, String),
}

/// Counts operations and faults by name.
#[derive(Default)]
struct Counters(Mutex<BTreeMap<String, u64>>);

/// The shared state of all clients.
struct Soak<'a> {
    shop: &'a Shop,
    database: Client,
    until: Instant,
    counters: Counters,
    /// All requests and responses.
    exchanges: ExchangeLog,
    admin: Mutex<Customer>,
}

/// Runs the soak test, waits until the shop is idle, and audits it. `progress` receives a line from time to time.
pub async fn run(
    shop: &Shop,
    options: &Options,
    progress: impl Fn(&str),
) -> Result<SoakReport, Error> {
    let (database, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    let connection = tokio::spawn(connection);
    let exchanges = ExchangeLog::default();
    let mut admin = Customer::anonymous(shop.url()).recording(&exchanges);
    let response = admin.log_in(ADMIN, &shop.admin_password).await?;
    expect("the admin's token", 200, response)?;
    let admin = Mutex::new(admin);
    drain::shorten_visibility(shop).await?;
    let until = Instant::now() + options.length;
    let soak = Soak { shop, database, until, counters: Counters::default(), exchanges, admin };

    load::make_code(&soak).await?;
    let buyers = async {
        let buyer = |number| load::buy(&soak, number, options.seed);
        tokio::join!(buyer(1), buyer(2), buyer(3), buyer(4))
    };
    let ((a, b, c, d), staff, faults, ()) = tokio::join!(
        buyers,
        load::operate(&soak, options.seed),
        faults::inject(&soak, options.seed),
        soak.report(&progress),
    );
    a.and(b).and(c).and(d).and(staff).and(faults)?;
    soak.renew_admin().await;
    progress("the load has ended; waiting until the shop is idle");
    drain::drain(&soak).await?;
    let report = check::audit(&soak).await?;
    drop(soak);
    let _ = connection.await;
    Ok(report)
}

impl Soak<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// A client that is logged in as the admin.
    fn admin(&self) -> Customer {
        self.admin.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Logs the admin in again. If that fails, the old token remains valid for a while.
    async fn renew_admin(&self) {
        let mut admin = self.admin();
        let response = admin.log_in(ADMIN, &self.shop.admin_password).await;
        if response.is_ok_and(|response| response.status == 200) {
            *self.admin.lock().unwrap_or_else(PoisonError::into_inner) = admin;
        }
    }

    /// Reports the counters every 10 s.
    async fn report(&self, progress: &impl Fn(&str)) {
        while !self.is_over() {
            sleep_until(self.until.min(Instant::now() + Duration::from_secs(10))).await;
            progress(&self.counters.to_string());
        }
    }
}

impl Counters {
    fn add(&self, what: &str) {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *done.entry(what.to_owned()).or_default() += 1;
    }

    fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> =
            self.all().into_iter().map(|(what, times)| format!("{times} {what}")).collect();
        f.write_str(&parts.join(", "))
    }
}

fn expect(
    what: &'static str,
    expected: u16,
    response: Response,
) -> Result<serde_json::Value, Error> {
    let Response { status, body, .. } = response;
    if status == expected {
        return Ok(body);
    }
    Err(Error::Refused { what, status, body: body.to_string() })
}
