//! Access to PostgreSQL: connections, transactions, statements by name, migrations.

mod address;
mod app_role;
mod liveness;
mod query;
mod readiness;
mod schema;
mod slow;

pub use crate::failure::{DbError, DbErrorKind};
pub use address::{Address, BadAddress, Password};
pub use app_role::{AppSignIn, ConnectionLimit};
pub use query::Query;
pub(crate) use query::queries;
pub use readiness::Patience;

use crate::failure::{Failure, Refusal, Source};
use deadpool_postgres::{Client, GenericClient as _, Pool};
use postgres_types::ToSql;
use std::any::Any;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_postgres::Row;

pub type Param<'a> = &'a (dyn ToSql + Sync);

/// How long to wait for a connection, whether new, returned to the pool or checked before its next use.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait for an answer. The server itself stops a statement after 3 s (`statement_timeout`); this is for a
/// connection on which nothing arrives any more, as when a server fails over without closing it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);
/// For the fifty round trips of a check of the pooler, to a database that may be far away.
const POOLER_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a migration may take in all; the function that runs it has five minutes.
const MIGRATE_TIMEOUT: Duration = Duration::from_mins(4);

/// A pool of connections. A Lambda instance serves one request at a time and has one connection.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    address: Arc<Address>,
    attachment: Option<Arc<dyn Any + Send + Sync>>,
}

/// Runs after a successful commit, with the time at which the transaction began.
type AfterCommit = Box<dyn FnOnce(Instant) + Send>;

impl Db {
    /// A database by its address alone, see [`Address::parse`]. The first query opens the first connection.
    pub fn connect(url: &str, connections: usize) -> Result<Self, BadAddress> {
        Self::open(Address::parse(url)?, connections)
    }

    /// At most `connections` at a time. The first query opens the first one.
    pub fn open(address: Address, connections: usize) -> Result<Self, BadAddress> {
        let pool = Pool::builder(address.clone().manager()?)
            .max_size(connections)
            .pre_recycle(liveness::check())
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .build();
        Ok(Self { pool: pool?, address: Arc::new(address), attachment: None })
    }

    /// Attaches a value that this `Db`, its clones made from now on and their transactions carry along. One at a time.
    pub(crate) fn attach<T: Any + Send + Sync>(&mut self, value: T) {
        self.attachment = Some(Arc::new(value));
    }

    /// The attached value, if there is one of this type.
    pub(crate) fn attached<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.attachment.as_ref()?.downcast_ref()
    }

    /// Runs `work` in one transaction: all of its writes are committed, or none.
    ///
    /// After a serialization failure, a deadlock, a lock timeout, or a connection lost before `commit` was sent, `work`
    /// runs again: up to three times in all.
    pub async fn transaction<T, R: Refusal>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_>) -> Result<T, Failure<R>> + Clone,
    ) -> Result<T, Failure<R>> {
        let pauses_ms = [20, 60];
        for pause in pauses_ms {
            match self.attempt(work.clone()).await {
                Err(Failure::Db(error)) if error.is_retryable() => {
                    tracing::warn!(error = crate::failure::chain(&error), "transaction is retried");
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
        let done = self.attempt_on(&mut client, work).await;
        if let Err(Failure::Db(error)) = &done {
            discard_if_lost(client, Some(error));
        }
        done
    }

    async fn attempt_on<T, R: Refusal>(
        &self,
        client: &mut Client,
        work: impl AsyncFnOnce(&Tx<'_>) -> Result<T, Failure<R>>,
    ) -> Result<T, Failure<R>> {
        let began = Instant::now();
        let on = answered(client.transaction()).await;
        let on = on.map_err(|why| DbError::new("open a transaction", why))?;
        let tx = Tx { on, db: self, after_commit: Mutex::default() };
        let value = work(&tx).await?;
        let Tx { on, after_commit, .. } = tx;
        // Once it was sent, a lost answer leaves us in doubt: a retry must meet a unique row.
        answered(on.commit()).await.map_err(DbError::commit)?;
        for run in after_commit.into_inner().expect("nothing panics while it holds the lock") {
            run(began);
        }
        Ok(value)
    }

    pub(crate) async fn rows(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Vec<Row>, DbError> {
        match self.rows_once(query, with).await {
            // A connection used less than a second ago is not checked before its next use.
            Err(error) if query.only_reads() && error.is_connection_loss() => {
                self.rows_once(query, with).await
            }
            done => done,
        }
    }

    async fn rows_once(&self, query: &Query, with: &[Param<'_>]) -> Result<Vec<Row>, DbError> {
        let client = self.pool.get().await.map_err(|error| DbError::new(query.doing, error))?;
        let rows = run(&client, query, with).await;
        discard_if_lost(client, rows.as_ref().err());
        rows
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
        let count = change(&client, query, with).await;
        discard_if_lost(client, count.as_ref().err());
        count
    }

    /// Whether a connection can be opened. Without a prepared statement: a pooler that confuses these is refused by a sentence
    /// of its own.
    async fn reach(&self) -> Result<(), DbError> {
        let client = self.pool.get().await.map_err(|error| DbError::new(PING.doing, error))?;
        let reached = answered(client.simple_query("")).await;
        let reached = reached.map(drop).map_err(|why| DbError::new(PING.doing, why));
        discard_if_lost(client, reached.as_ref().err());
        reached
    }

    /// Whether the database answers: errs if it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.rows(&PING, &[]).await.map(drop)
    }

    /// Applies the migrations that are missing and returns how many those were. Safe to run from two places at once, and
    /// ends in any case.
    pub async fn migrate(&self) -> Result<usize, DbError> {
        let mut client = self.pool.get().await.map_err(|error| DbError::new(MIGRATE, error))?;
        let done = tokio::time::timeout(MIGRATE_TIMEOUT, schema::migrate(client.as_mut())).await;
        let done = done.unwrap_or(Err(Source::Timeout));
        if done.is_err() {
            drop(Client::take(client));
        }
        done.map_err(|why| DbError::new(MIGRATE, why))
    }

    /// Fails if the address is that of a pooler that shares the server's sessions and confuses prepared statements. Looks
    /// with two connections of its own.
    pub async fn check_pooler(&self) -> Result<(), DbError> {
        let failed = |why: Source| DbError::new(MIGRATE, why);
        let address = Address::clone(&self.address);
        let pool = Self::open(address, 2).map_err(|why| failed(Source::Address(why.into())))?.pool;
        let one = pool.get().await.map_err(|error| failed(error.into()))?;
        let other = pool.get().await.map_err(|error| failed(error.into()))?;
        let check = tokio::time::timeout(POOLER_TIMEOUT, schema::check_sessions(&one, &other));
        check.await.unwrap_or(Err(Source::Timeout)).map_err(failed)
    }
}

const MIGRATE: &str = "migrate the schema";

queries! {
    PING: "reach the database" = "select 1";
}

/// An open transaction. It rolls back unless [`Db::transaction`] commits it.
pub struct Tx<'a> {
    on: deadpool_postgres::Transaction<'a>,
    db: &'a Db,
    after_commit: Mutex<Vec<AfterCommit>>,
}

impl Tx<'_> {
    /// The value attached to its [`Db`], if there is one of this type.
    pub(crate) fn attached<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.db.attached()
    }

    /// Runs this once the transaction is committed, in the order of the calls; never if it is rolled back.
    pub(crate) fn after_commit(&self, run: impl FnOnce(Instant) + Send + 'static) {
        let mut list = self.after_commit.lock().expect("nothing panics while it holds the lock");
        list.push(Box::new(run));
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

/// Keeps a lost connection from being used again: the pool itself may not know yet that it is closed.
fn discard_if_lost(client: Client, error: Option<&DbError>) {
    if error.is_some_and(DbError::is_connection_loss) {
        drop(Client::take(client));
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
    tokio::time::timeout(ANSWER_TIMEOUT, question)
        .await
        .map_err(|_| Source::Timeout)?
        .map_err(Source::from)
}

impl DbError {
    /// A concurrent transaction has written the row that only one may write.
    pub(crate) fn collision(query: &Query) -> Self {
        Self::new(query.doing, Source::Collision)
    }

    /// A row that the schema should have made impossible: `what` names the column or the state.
    pub(crate) fn invalid_row(query: &Query, what: &'static str) -> Self {
        Self::new(query.doing, Source::InvalidRow(what))
    }
}
