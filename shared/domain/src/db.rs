//! The one door to PostgreSQL.

mod address;
mod app_role;
mod error;
mod pulse;
mod query;

pub use address::{Address, BadAddress, Password};
pub use app_role::AppSignIn;
pub use error::{DbError, Trouble};
pub use query::Query;
pub(crate) use query::queries;

use crate::failure::{Failure, Refusal};
use crate::outbox::{Parcel, Tray};
use deadpool_postgres::{GenericClient as _, Pool};
use error::Source;
use postgres_types::ToSql;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio_postgres::Row;

mod migrations {
    refinery::embed_migrations!("migrations");
}

pub type Param<'a> = &'a (dyn ToSql + Sync);

/// How long to wait for a connection, new or returned.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait for an answer. The server gives a statement up before (`statement_timeout`, 3 s): this is for a
/// line that fell silent, as when a server fails over without a word.
const SILENCE: Duration = Duration::from_secs(4);

/// A handful of connections; a Lambda serves one request at a time and has one.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    /// What this process wrote into the outbox, if it sends that itself.
    tray: Option<Tray>,
}

impl Db {
    /// A database by its address alone, see [`Address::parse`]. Opens no connection yet: the first query does.
    pub fn connect(url: &str, connections: usize) -> Result<Self, BadAddress> {
        Self::open(Address::parse(url)?, connections)
    }

    /// Opens no connection yet: the first query does.
    pub fn open(address: Address, connections: usize) -> Result<Self, BadAddress> {
        let pool = Pool::builder(address.manager()?)
            .max_size(connections)
            .pre_recycle(pulse::check())
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build();
        Ok(Self { pool: pool?, tray: None })
    }

    /// From now on this process sends what it writes into the outbox, as soon as it is committed: see
    /// [`crate::outbox::take_written`].
    pub fn send_itself(&mut self) {
        self.tray.get_or_insert_default();
    }

    pub(crate) fn tray(&self) -> Option<&Tray> {
        self.tray.as_ref()
    }

    /// Runs `work` in one transaction: all of its writes happen, or none.
    ///
    /// When two transactions collide, or the connection is lost before the commit was sent, `work` runs again: up to three times in all.
    pub async fn transaction<T, R: Refusal>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_>) -> Result<T, Failure<R>> + Clone,
    ) -> Result<T, Failure<R>> {
        let pauses_ms = [20, 60];
        for pause in pauses_ms {
            match self.attempt(work.clone()).await {
                Err(Failure::Db(error)) if error.is_worth_another_try() => {
                    tracing::warn!(error = crate::failure::chain(&error), "transaction runs again");
                    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=pause))).await;
                }
                done => return done,
            }
        }
        self.attempt(work).await
    }

    async fn attempt<T, R: Refusal>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_>) -> Result<T, Failure<R>>,
    ) -> Result<T, Failure<R>> {
        let doing = "open a transaction";
        let mut client = self.pool.get().await.map_err(|error| DbError::new(doing, error))?;
        let begin = Instant::now();
        let tx = answered(client.transaction()).await.map_err(|why| DbError::new(doing, why))?;
        let tx = Tx { on: tx, sends_itself: self.tray.is_some(), written: Mutex::default() };
        let value = work(&tx).await?;
        let Tx { on, written, .. } = tx;
        // Once it was sent, a lost answer leaves us in doubt: whoever retries must meet a unique row.
        answered(on.commit()).await.map_err(DbError::commit)?;
        if let Some(tray) = &self.tray {
            tray.add(begin, written.into_inner().expect("nobody panics with the parcels"));
        }
        Ok(value)
    }

    pub(crate) async fn rows(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Vec<Row>, DbError> {
        match self.rows_once(query, with).await {
            // It was used a moment ago, so nobody asked it for a sign of life.
            Err(error) if query.only_reads() && error.is_loss() => {
                self.rows_once(query, with).await
            }
            done => done,
        }
    }

    async fn rows_once(&self, query: &Query, with: &[Param<'_>]) -> Result<Vec<Row>, DbError> {
        let client = self.pool.get().await.map_err(|error| DbError::new(query.doing, error))?;
        run(&client, query, with).await
    }

    pub(crate) async fn row(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.rows(query, with).await?.pop())
    }

    pub(crate) async fn execute(&self, query: &Query, with: &[Param<'_>]) -> Result<u64, DbError> {
        let client = self.pool.get().await.map_err(|error| DbError::new(query.doing, error))?;
        change(&client, query, with).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.rows(&PING, &[]).await.map(drop)
    }

    /// Brings the schema up to date and says how many steps that took. Safe to run from two places at once.
    pub async fn migrate(&self) -> Result<usize, DbError> {
        const LOCK: i64 = 7000;
        let doing = "migrate the schema";
        let mut client = self.pool.get().await.map_err(|error| DbError::new(doing, error))?;
        let lock = client.execute("select pg_advisory_lock($1)", &[&LOCK]).await;
        lock.map_err(|error| DbError::new(doing, error))?;
        let report = migrations::migrations::runner().run_async(&mut **client.as_mut()).await;
        let unlock = client.execute("select pg_advisory_unlock($1)", &[&LOCK]).await;
        unlock.map_err(|error| DbError::new(doing, error))?;
        let report = report.map_err(|error| DbError::new(doing, error))?;
        Ok(report.applied_migrations().len())
    }
}

queries! {
    PING: "reach the database" = "select 1";
}

/// Every statement that the functions send.
pub fn every_query() -> impl Iterator<Item = &'static Query> {
    [
        ALL,
        crate::accounts::ALL_QUERIES,
        crate::accounts::LINK_QUERIES,
        crate::accounts::SESSION_QUERIES,
        crate::catalog::ALL_PAGES,
        crate::catalog::ALL_QUERIES,
        crate::idempotency::ALL,
        crate::inbox::ALL,
        crate::inventory::ALL_LISTS,
        crate::inventory::ALL_QUERIES,
        crate::mail::ALL,
        crate::operations::ALL_CHECKS,
        crate::operations::ALL_QUERIES,
        crate::outbox::ALL,
        crate::payment::ALL_QUERIES,
        crate::payment::CHECKOUT_QUERIES,
        crate::payment::EVENT_QUERIES,
        crate::payment::OFFLINE_QUERIES,
        crate::payment::WHOLE_QUERIES,
        crate::payment::dispute::ALL_QUERIES,
        crate::payment::reconciliation::ALL_QUERIES,
        crate::payment::reconciliation::RUN_QUERIES,
        crate::retention::ALL,
        crate::payment::refund::ALL_QUERIES,
        crate::payment::refund::OVERTAKEN_QUERIES,
        crate::payment::refund::PIECES_QUERIES,
    ]
    .into_iter()
    .chain(crate::ordering::ALL_QUERIES)
    .flatten()
}

/// An open transaction. It rolls back unless [`Db::transaction`] commits it.
pub struct Tx<'a> {
    on: deadpool_postgres::Transaction<'a>,
    sends_itself: bool,
    /// What it wrote into the outbox so far.
    written: Mutex<Vec<Parcel>>,
}

impl Tx<'_> {
    /// Whether what it writes into the outbox is sent by this process.
    pub(crate) fn sends_itself(&self) -> bool {
        self.sends_itself
    }

    /// Notes what it wrote into the outbox: there to be sent once it is committed.
    pub(crate) fn hand_over(&self, parcels: impl IntoIterator<Item = Parcel>) {
        self.written.lock().expect("nobody panics with the parcels").extend(parcels);
    }

    pub(crate) async fn rows(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Vec<Row>, DbError> {
        run(&self.on, query, with).await
    }

    pub(crate) async fn row(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.rows(query, with).await?.pop())
    }

    pub(crate) async fn execute(&self, query: &Query, with: &[Param<'_>]) -> Result<u64, DbError> {
        change(&self.on, query, with).await
    }
}

async fn run(
    on: &impl deadpool_postgres::GenericClient,
    query: &Query,
    with: &[Param<'_>],
) -> Result<Vec<Row>, DbError> {
    let rows = async { on.query(&on.prepare_cached(query.sql).await?, with).await };
    answered(rows).await.map_err(|why| DbError::new(query.doing, why))
}

async fn change(
    on: &impl deadpool_postgres::GenericClient,
    query: &Query,
    with: &[Param<'_>],
) -> Result<u64, DbError> {
    let count = async { on.execute(&on.prepare_cached(query.sql).await?, with).await };
    answered(count).await.map_err(|why| DbError::new(query.doing, why))
}

async fn answered<T>(
    question: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Source> {
    tokio::time::timeout(SILENCE, question).await.map_err(|_| Source::Silent)?.map_err(Source::from)
}

impl DbError {
    fn new(doing: &'static str, source: impl Into<Source>) -> Self {
        Self { doing, source: source.into(), sent_commit: false }
    }

    fn commit(source: Source) -> Self {
        Self { doing: "commit", source, sent_commit: true }
    }

    /// Somebody else has written the row that only one may write.
    pub(crate) fn collision(query: &Query) -> Self {
        Self::new(query.doing, Source::Collision)
    }

    /// A row that the schema should have made impossible.
    pub(crate) fn nonsense(query: &Query, what: &'static str) -> Self {
        Self::new(query.doing, Source::Nonsense(what))
    }
}
