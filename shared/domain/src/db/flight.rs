//! Pipelining: the statements of one flight are sent without waiting for each other's answers, and are answered in their
//! order.

use super::{ANSWER_TIMEOUT, DbError, Param, Query};
use crate::failure::Source;
use deadpool_postgres::ClientWrapper;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use postgres_types::ToSql;
use std::future::poll_fn;
use std::iter::zip;
use std::pin::pin;
use std::task::Poll;
use tokio_postgres::{Row, Statement};

/// A parameter that a statement keeps until it is sent.
pub(crate) type OwnedParam = Box<dyn ToSql + Sync + Send>;

/// The parameters of an [`Ask`].
macro_rules! params {
    ($($value:expr),* $(,)?) => {{
        let params: Vec<$crate::db::OwnedParam> = vec![$(Box::new($value)),*];
        params
    }};
}

pub(crate) use params;

/// A statement with its parameters, and how its rows are read.
pub(crate) struct Ask<T> {
    query: &'static Query,
    with: Vec<OwnedParam>,
    read: Box<dyn FnOnce(Vec<Row>) -> Result<T, DbError> + Send>,
}

/// Statements that are sent together. Each has its own result: whoever asked reads them in the order of the statements, and
/// so meets the first error first. Those behind it say only that the transaction has failed.
pub(crate) trait Flight {
    type Answers;

    fn messages(&self) -> Vec<Message<'_>>;

    fn read(self, answers: Vec<Result<Answer, DbError>>) -> Self::Answers;
}

/// What the server answered to a statement.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(super) rows: Vec<Row>,
    /// How many rows it has changed or returned.
    pub(super) count: u64,
}

/// A statement, or a command without parameters.
pub(crate) enum Message<'a> {
    Statement(&'a Query, Vec<Param<'a>>),
    Command(&'static Query),
}

impl<T> Ask<T> {
    pub(crate) fn new(
        query: &'static Query,
        with: Vec<OwnedParam>,
        read: impl FnOnce(Vec<Row>) -> Result<T, DbError> + Send + 'static,
    ) -> Self {
        Self { query, with, read: Box::new(read) }
    }

    pub(super) fn message(&self) -> Message<'_> {
        fn shared(param: &OwnedParam) -> Param<'_> {
            &**param
        }
        Message::Statement(self.query, self.with.iter().map(shared).collect())
    }

    pub(super) fn read(self, answer: Option<Result<Answer, DbError>>) -> Result<T, DbError> {
        let unanswered = || DbError::new(self.query.doing, Source::Unanswered);
        (self.read)(answer.ok_or_else(unanswered)??.rows)
    }
}

impl Ask<()> {
    /// A statement of whose answer only an error matters.
    pub(crate) fn write(query: &'static Query, with: Vec<OwnedParam>) -> Self {
        Self::new(query, with, |_| Ok(()))
    }
}

macro_rules! flight {
    ($($ask:ident: $answer:ident),+) => {
        impl<$($answer),+> Flight for ($(Ask<$answer>,)+) {
            type Answers = ($(Result<$answer, DbError>,)+);

            fn messages(&self) -> Vec<Message<'_>> {
                let ($($ask,)+) = self;
                vec![$($ask.message()),+]
            }

            fn read(self, answers: Vec<Result<Answer, DbError>>) -> Self::Answers {
                let (($($ask,)+), mut answers) = (self, answers.into_iter());
                ($($ask.read(answers.next()),)+)
            }
        }
    };
}

flight!(ask_a: A);
flight!(ask_a: A, ask_b: B);
flight!(ask_a: A, ask_b: B, ask_c: C);
flight!(ask_a: A, ask_b: B, ask_c: C, ask_d: D);

impl Message<'_> {
    fn prepare<'a>(&'a self, client: &'a ClientWrapper) -> Sent<'a, Option<Statement>> {
        match self {
            Self::Statement(query, _) => {
                Box::pin(async { client.prepare_cached(query.sql).await.map(Some) })
            }
            Self::Command(_) => Box::pin(async { Ok(None) }),
        }
    }

    fn send<'a>(
        &'a self,
        client: &'a ClientWrapper,
        statement: Option<&'a Statement>,
    ) -> Sent<'a, Answer> {
        match (self, statement) {
            (Self::Statement(_, with), Some(statement)) => Box::pin(async move {
                let stream = client.query_raw(statement, with.iter().copied()).await?;
                let mut stream = pin!(stream);
                let rows = stream.as_mut().try_collect().await?;
                Ok(Answer { rows, count: stream.rows_affected().unwrap_or_default() })
            }),
            _ => Box::pin(async {
                client.batch_execute(self.query().sql).await.map(|()| Answer::default())
            }),
        }
    }

    pub(super) fn query(&self) -> &Query {
        match self {
            Self::Statement(query, _) | Self::Command(query) => query,
        }
    }
}

type Sent<'a, T> = BoxFuture<'a, Result<T, tokio_postgres::Error>>;

/// A flight whose statements are all prepared on its connection, so that they leave in their order.
pub(super) struct Prepared<'a> {
    messages: &'a [Message<'a>],
    statements: Vec<Option<Statement>>,
}

/// Prepares what this connection has not prepared yet, all of it in one flight.
pub(super) async fn prepare<'a>(
    client: &ClientWrapper,
    messages: &'a [Message<'a>],
) -> Result<Prepared<'a>, DbError> {
    let prepare = messages.iter().map(|message| message.prepare(client));
    let (prepared, _) = in_turn(prepare.collect()).await;
    let statements = zip(messages, prepared)
        .map(|(message, done)| done.map_err(|why| DbError::new(message.query().doing, why)));
    Ok(Prepared { messages, statements: statements.collect::<Result<_, _>>()? })
}

impl Prepared<'_> {
    /// Sends all, and waits for the answer to each. An error if nothing could be sent.
    pub(super) async fn send(
        self,
        client: &ClientWrapper,
    ) -> Result<Vec<Result<Answer, DbError>>, DbError> {
        let sent = zip(self.messages, &self.statements)
            .map(|(message, statement)| message.send(client, statement.as_ref()))
            .collect();
        let (answers, is_sent) = in_turn(sent).await;
        let named = |(message, done): (&Message<'_>, Result<_, _>)| {
            done.map_err(|why| DbError::new(message.query().doing, why))
        };
        let mut answers = zip(self.messages, answers).map(named);
        if !is_sent && let Some(Err(error)) = answers.next() {
            return Err(error);
        }
        Ok(answers.collect())
    }
}

/// Polls each once, in order, by which it is sent; then waits for each in turn. Whether the first one was sent. Behind one that
/// could not be sent, nothing leaves: a commit must not, without a write that belongs to it. The time for an answer begins
/// with the answer before. Once one does not come in time, nobody waits for the rest.
async fn in_turn<T>(mut sent: Vec<Sent<'_, T>>) -> (Vec<Result<T, Source>>, bool) {
    let mut early: Vec<_> = sent.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (question, early) in zip(&mut sent, &mut early) {
            if let Poll::Ready(answer) = question.as_mut().poll(context) {
                let is_sent = answer.is_ok();
                *early = Some(answer);
                if !is_sent {
                    break;
                }
            }
        }
        Poll::Ready(())
    })
    .await;
    let is_sent = !matches!(early.first(), Some(Some(Err(_))));
    let (mut answers, mut is_over) = (Vec::with_capacity(sent.len()), false);
    for (question, early) in zip(sent, early) {
        let answer = match early {
            Some(answer) => {
                is_over |= answer.is_err();
                answer.map_err(Source::from)
            }
            None if is_over => Err(Source::Unanswered),
            None => answered(question).await,
        };
        is_over |= matches!(answer, Err(Source::Timeout));
        answers.push(answer);
    }
    (answers, is_sent)
}

/// Sends a command in a flight of its own.
pub(super) async fn command(client: &ClientWrapper, query: &Query) -> Result<(), DbError> {
    let done = answered(client.batch_execute(query.sql)).await;
    done.map_err(|why| DbError::new(query.doing, why))
}

pub(super) async fn answered<T>(
    question: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Source> {
    tokio::time::timeout(ANSWER_TIMEOUT, question)
        .await
        .map_err(|_| Source::Timeout)?
        .map_err(Source::from)
}
