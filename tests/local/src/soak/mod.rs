//! A long day in the shop: customers, staff and a supplier at once, and every second something goes wrong.
//! Afterwards the books are compared with the stand-in's and with the mails that were sent.

mod check;
mod drain;
mod faults;
mod load;

use crate::{ADMIN, Answer, Customer, Shop, shop};
use books::Notes;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_postgres::{Client, NoTls};

/// How long, and which day of all possible ones.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub length: Duration,
    /// The same seed makes the same wishes and the same faults; what meets what is for the machine to say.
    pub seed: u64,
}

/// What a day was like.
#[derive(Clone, Debug)]
pub struct Day {
    /// How often each thing was done, or went wrong.
    pub done: BTreeMap<String, u64>,
    /// What should be there and is not: none in a good shop.
    pub lost: Vec<String>,
    /// What is there twice: none in a good shop.
    pub twice: Vec<String>,
    /// The mails that went out again because their sender died between sending and noting it, by their keys.
    pub mails_again: Vec<String>,
}

/// Why a day could not be lived to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Shop(#[from] shop::Error),
    #[error("the database did not answer")]
    Database(#[from] tokio_postgres::Error),
    #[error("AWS did not answer")]
    Aws(#[from] stack::aws::Error),
    #[error(transparent)]
    Books(#[from] books::Error),
    #[error("the shop could not be reached")]
    Http(#[from] reqwest::Error),
    #[error("{what}: {status} {body}")]
    Refused { what: &'static str, status: u16, body: String },
    #[error("after {0:?} something still waits: {1}")]
    Restless(Duration, String),
}

/// Counts what is done, from wherever it is done.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<String, u64>>);

/// What everybody needs who takes part.
struct Soak<'a> {
    shop: &'a Shop,
    database: Client,
    until: Instant,
    tally: Tally,
    /// All that anybody was answered.
    notes: Notes,
    admin: Mutex<Customer>,
}

/// Lives through a day, waits until all is quiet, and compares. `tell` hears of the progress.
pub async fn run(shop: &Shop, wish: &Wish, tell: impl Fn(&str)) -> Result<Day, Failed> {
    let (database, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    let connection = tokio::spawn(connection);
    let notes = Notes::default();
    let mut admin = Customer::stranger(shop.url()).noting(&notes);
    let answer = admin.log_in(ADMIN, &shop.admin_password).await?;
    expect("the admin's token", 200, answer)?;
    let admin = Mutex::new(admin);
    drain::hurry(shop).await?;
    let until = Instant::now() + wish.length;
    let soak = Soak { shop, database, until, tally: Tally::default(), notes, admin };

    let buyers = async {
        let buyer = |number| load::buy(&soak, number, wish.seed);
        tokio::join!(buyer(1), buyer(2), buyer(3), buyer(4))
    };
    let ((a, b, c, d), staff, faults, ()) = tokio::join!(
        buyers,
        load::run_the_shop(&soak, wish.seed),
        faults::strike(&soak, wish.seed),
        soak.report(&tell),
    );
    a.and(b).and(c).and(d).and(staff).and(faults)?;
    soak.renew_admin().await;
    tell("the day is over; waiting until all is quiet");
    drain::settle(&soak).await?;
    let day = check::compare(&soak).await?;
    drop(soak);
    let _ = connection.await;
    Ok(day)
}

impl Soak<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// The admin, with a token that is good for some minutes.
    fn admin(&self) -> Customer {
        self.admin.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The admin signs in again. If that does not work today, the old token is good for a while.
    async fn renew_admin(&self) {
        let mut admin = self.admin();
        let answer = admin.log_in(ADMIN, &self.shop.admin_password).await;
        if answer.is_ok_and(|answer| answer.status == 200) {
            *self.admin.lock().unwrap_or_else(PoisonError::into_inner) = admin;
        }
    }

    /// A line now and then.
    async fn report(&self, tell: &impl Fn(&str)) {
        while !self.is_over() {
            sleep_until(self.until.min(Instant::now() + Duration::from_secs(10))).await;
            tell(&self.tally.to_string());
        }
    }
}

impl Tally {
    fn add(&self, what: &str) {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *done.entry(what.to_owned()).or_default() += 1;
    }

    fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> =
            self.all().into_iter().map(|(what, times)| format!("{times} {what}")).collect();
        f.write_str(&parts.join(", "))
    }
}

fn expect(what: &'static str, expected: u16, answer: Answer) -> Result<serde_json::Value, Failed> {
    let Answer { status, body } = answer;
    if status == expected {
        return Ok(body);
    }
    Err(Failed::Refused { what, status, body: body.to_string() })
}
