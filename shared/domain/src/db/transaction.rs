//! Transactions: all of their writes are committed, or none.
//!
//! `begin` leaves with the first statements, and what needs no answer leaves with the next ones, at the latest with `commit`.
//! So a transaction waits for PostgreSQL as often as it needs an answer to go on, and once for its commit.

use super::flight::{Answer, Ask, Flight, Message, command, prepare};
use super::{Db, DbError, Param, Query};
use crate::failure::{Failure, Refusal, Source};
use deadpool_postgres::Client;
use std::any::Any;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio_postgres::Row;

/// Runs after a successful commit, with the time at which the transaction began.
type AfterCommit = Box<dyn FnOnce(Instant) + Send>;

const BEGIN: Query = Query { doing: "begin a transaction", sql: "BEGIN" };
const COMMIT: Query = Query { doing: "commit", sql: "COMMIT" };
const ROLLBACK: Query = Query { doing: "roll back", sql: "ROLLBACK" };

/// An open transaction. It rolls back unless [`Db::transaction`] commits it.
pub struct Tx<'a> {
    db: &'a Db,
    /// None once it is back in the pool or closed.
    client: Option<Client>,
    state: Mutex<State>,
}

/// What the server knows of it, as far as we know.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Unopened,
    Open,
    /// Open still, but a statement has failed: the server rolls back whatever it is told.
    Failed,
    Over,
}

#[derive(Default)]
struct State {
    phase: Phase,
    /// In the order in which they are to be sent.
    deferred: Vec<Ask<()>>,
    after_commit: Vec<AfterCommit>,
    meets_itself: bool,
    rolls_back: bool,
}

impl Db {
    /// Runs `work` in one transaction: all of its writes are committed, or none.
    ///
    /// After a serialization failure, a deadlock, a lock timeout, or a connection lost before `commit` was sent, `work`
    /// runs again: up to three times in all. So it does after a lost answer to `commit` if it meets itself: see
    /// [`Tx::meets_itself`].
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
        let client = self.pool.get().await.map_err(|error| DbError::new(BEGIN.doing, error))?;
        let tx = Tx { db: self, client: Some(client), state: Mutex::default() };
        let began = Instant::now();
        match work(&tx).await {
            Ok(value) if tx.state().rolls_back => {
                tx.roll_back(None).await;
                Ok(value)
            }
            Ok(value) => {
                for run in tx.commit().await? {
                    run(began);
                }
                Ok(value)
            }
            Err(failure) => {
                let error = if let Failure::Db(error) = &failure { Some(error) } else { None };
                tx.roll_back(error).await;
                Err(failure)
            }
        }
    }
}

impl Tx<'_> {
    /// The value attached to its [`Db`], if there is one of this type.
    pub(crate) fn attached<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.db.attached()
    }

    /// Runs this once the transaction is committed, in the order of the calls; never if it is rolled back.
    pub(crate) fn after_commit(&self, run: impl FnOnce(Instant) + Send + 'static) {
        self.state().after_commit.push(Box::new(run));
    }

    /// From now on it is a transaction that meets a row of its own if it runs again after its commit, and then changes
    /// nothing. So it may run again when nobody knows whether it was committed.
    pub(crate) fn meets_itself(&self) {
        self.state().meets_itself = true;
    }

    /// It ends with a rollback in place of a commit, also if its work succeeds: none of its writes is wanted.
    pub(crate) fn rolls_back(&self) {
        self.state().rolls_back = true;
    }

    /// Sends a statement whose answer nobody needs with the next one that somebody waits for, at the latest with `commit`.
    /// If it fails, so does that one, and with it the transaction. What must not be committed without it raises an error:
    /// no row is none.
    pub(crate) fn defer(&self, ask: Ask<()>) {
        self.state().deferred.push(ask);
    }

    /// Sends the statements together, after those that were deferred.
    pub(crate) async fn together<F: Flight>(&self, flight: F) -> F::Answers {
        let answers = self.send(flight.messages()).await;
        flight.read(answers)
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

    /// How many rows the statement changed.
    pub(crate) async fn execute(&self, query: &Query, with: &[Param<'_>]) -> Result<u64, DbError> {
        self.answer(query, with).await.map(|answer| answer.count)
    }

    async fn answer(&self, query: &Query, with: &[Param<'_>]) -> Result<Answer, DbError> {
        let mut answers = self.send(vec![Message::Statement(query, with.to_vec())]).await;
        answers.pop().expect("each statement has an answer")
    }

    /// The answer to each of these. What fails before them, such as a deferred statement, is the first one's answer.
    async fn send(&self, messages: Vec<Message<'_>>) -> Vec<Result<Answer, DbError>> {
        let count = messages.len();
        let mut answers =
            self.fly(messages, false).await.unwrap_or_else(|lost| vec![Err(lost.error)]);
        let unanswered = || Err(DbError::new(BEGIN.doing, Source::Unanswered));
        answers.resize_with(count, unanswered);
        if answers.iter().any(Result::is_err) {
            self.state().phase = Phase::Failed;
        }
        answers
    }

    async fn commit(self) -> Result<Vec<AfterCommit>, DbError> {
        if self.state().phase == Phase::Failed {
            let error = DbError::new(COMMIT.doing, Source::Unanswered);
            self.roll_back(Some(&error)).await;
            return Err(error);
        }
        let failed = match self.fly(Vec::new(), true).await {
            Ok(answers) => answers.into_iter().find_map(Result::err).map(Lost::sent),
            Err(lost) => Some(lost),
        };
        let Some(Lost { error, is_sent }) = failed else {
            return Ok(std::mem::take(&mut self.state().after_commit));
        };
        let in_doubt = is_sent && error.is_silence();
        let error = if in_doubt { error.of_commit(self.state().meets_itself) } else { error };
        // Behind a statement that failed, `commit` has rolled back; but not if it failed itself.
        self.state().phase = Phase::Failed;
        self.roll_back(Some(&error)).await;
        Err(error)
    }

    /// Where the connection is of no more use, it is closed, and the server rolls back by itself.
    async fn roll_back(self, after: Option<&DbError>) {
        if after.is_some_and(DbError::is_silence) {
            self.state().phase = Phase::Failed;
        } else if self.is_open() && command(self.client(), &ROLLBACK).await.is_ok() {
            self.state().phase = Phase::Over;
        }
    }

    /// One flight: what was deferred, these statements, and `commit` if it is the last. Returns the answers to these.
    async fn fly(
        &self,
        messages: Vec<Message<'_>>,
        is_last: bool,
    ) -> Result<Vec<Result<Answer, DbError>>, Lost> {
        let deferred = std::mem::take(&mut self.state().deferred);
        let mut all: Vec<_> = deferred.iter().map(Ask::message).chain(messages).collect();
        if all.is_empty() && !(is_last && self.is_open()) {
            return Ok(Vec::new());
        }
        let mut ahead = 0;
        // A single statement is a transaction by itself.
        let is_single = is_last && all.len() == 1;
        if !self.is_open() && !is_single {
            if is_last || !all.iter().all(|message| message.query().may_follow_begin()) {
                self.begin().await?;
            } else {
                all.insert(0, Message::Command(&BEGIN));
                ahead = 1;
            }
        }
        if is_last && self.is_open() {
            all.push(Message::Command(&COMMIT));
        }
        let prepared = prepare(self.client(), &all).await.map_err(Lost::unsent)?;
        if is_last {
            self.state().phase = Phase::Over;
        } else if !self.is_open() {
            self.state().phase = Phase::Open;
        }
        let mut answers = prepared.send(self.client()).await.map_err(Lost::unsent)?.into_iter();
        for begun in answers.by_ref().take(ahead) {
            begun.map_err(Lost::sent)?;
        }
        for ask in deferred {
            ask.read(answers.next()).map_err(Lost::sent)?;
        }
        Ok(answers.collect())
    }

    /// In a flight of its own: behind a `begin` that fails, a write would take effect at once, and stay.
    async fn begin(&self) -> Result<(), Lost> {
        self.state().phase = Phase::Open;
        command(self.client(), &BEGIN).await.map_err(Lost::unsent)
    }

    fn is_open(&self) -> bool {
        matches!(self.state().phase, Phase::Open | Phase::Failed)
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("it is taken when the transaction is dropped")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }
}

/// A connection with an open transaction is of no use to others: the server rolls back when it is closed.
impl Drop for Tx<'_> {
    fn drop(&mut self) {
        let is_open = self.is_open();
        if let (Some(client), true) = (self.client.take(), is_open) {
            drop(Client::take(client));
        }
    }
}

/// A flight that failed before its own statements were answered.
struct Lost {
    error: DbError,
    /// Whether it had left.
    is_sent: bool,
}

impl Lost {
    fn sent(error: DbError) -> Self {
        Self { error, is_sent: true }
    }

    fn unsent(error: DbError) -> Self {
        Self { error, is_sent: false }
    }
}
