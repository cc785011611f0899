//! Access to PostgreSQL: connections, transactions, statements by name, migrations.

mod actor;
mod address;
mod app_role;
mod flight;
mod liveness;
mod query;
mod readiness;
mod schema;
mod slow;
mod transaction;

pub use crate::failure::{DbError, DbErrorKind};
pub(crate) use actor::ALL as ACTOR_QUERIES;
pub use address::{Address, BadAddress, Password};
pub use app_role::{AppSignIn, ConnectionLimit};
pub(crate) use flight::{Ask, OwnedParam, params};
pub use query::Query;
pub(crate) use query::queries;
pub use readiness::Patience;
pub use transaction::Tx;

use crate::failure::Source;
use deadpool_postgres::{Client, Pool};
use flight::{Answer, Flight, Message, answered};
use postgres_types::ToSql;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
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

    /// Sends statements together, outside a transaction.
    pub(crate) async fn together<F: Flight>(&self, flight: F) -> F::Answers {
        let answers = self.fly(&flight.messages()).await;
        flight.read(answers)
    }

    async fn fly(&self, messages: &[Message<'_>]) -> Vec<Result<Answer, DbError>> {
        let mut flown = self.fly_once(messages).await;
        if may_repeat(messages, &flown) {
            flown = self.fly_once(messages).await;
        }
        flown.unwrap_or_else(|unsent| vec![Err(unsent)])
    }

    /// An error if nothing was sent.
    async fn fly_once(
        &self,
        messages: &[Message<'_>],
    ) -> Result<Vec<Result<Answer, DbError>>, DbError> {
        let doing = messages.first().map_or(PING.doing, |message| message.query().doing);
        let client = self.pool.get().await.map_err(|error| DbError::new(doing, error))?;
        let answers = match flight::prepare(&client, messages).await {
            Ok(prepared) => prepared.send(&client).await,
            Err(error) => Err(error),
        };
        let silence = match &answers {
            Ok(answers) => answers
                .iter()
                .filter_map(|answer| answer.as_ref().err())
                .find(|error| error.is_silence()),
            Err(error) => Some(error),
        };
        discard_if_lost(client, silence);
        answers
    }

    pub(crate) async fn rows(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Vec<Row>, DbError> {
        self.answer(query, with).await.map(|answer| answer.rows)
    }

    pub(crate) async fn row(
        &self,
        query: &Query,
        with: &[Param<'_>],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.rows(query, with).await?.pop())
    }

    pub(crate) async fn execute(&self, query: &Query, with: &[Param<'_>]) -> Result<u64, DbError> {
        self.answer(query, with).await.map(|answer| answer.count)
    }

    async fn answer(&self, query: &Query, with: &[Param<'_>]) -> Result<Answer, DbError> {
        let mut answers = self.fly(&[Message::Statement(query, with.to_vec())]).await;
        answers.pop().expect("each statement has an answer")
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

/// Whether statements outside a transaction may be sent again: one that collided with others has changed nothing, and a
/// connection used less than a second ago is not checked before its next use.
fn may_repeat(
    messages: &[Message<'_>],
    flown: &Result<Vec<Result<Answer, DbError>>, DbError>,
) -> bool {
    let error = match flown {
        Ok(answers) => answers.iter().find_map(|answer| answer.as_ref().err()),
        Err(unsent) => Some(unsent),
    };
    let is_harmless =
        || flown.is_err() || messages.iter().all(|message| message.query().only_reads());
    error.is_some_and(|error| {
        error.is_collision() && messages.len() == 1 || error.is_connection_loss() && is_harmless()
    })
}

/// Keeps a lost connection from being used again: the pool itself may not know yet that it is closed.
fn discard_if_lost(client: Client, error: Option<&DbError>) {
    if error.is_some_and(DbError::is_silence) {
        drop(Client::take(client));
    }
}

impl DbError {
    /// A row that the schema should have made impossible: `what` names the column or the state.
    pub(crate) fn invalid_row(query: &Query, what: &'static str) -> Self {
        Self::new(query.doing, Source::InvalidRow(what))
    }
}
