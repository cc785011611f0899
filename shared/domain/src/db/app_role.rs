//! How the functions' role, `app_rw`, signs in, and how many connections it may have. The migrations create the role;
//! the deployment decides between a password and IAM, and knows the size of the database.

use super::{Db, DbError, Query};
use crate::failure::{Failure, Never};
use postgres_protocol::password::scram_sha_256;

/// The credentials of `app_rw`. Not `Debug`: a password has no place in a log.
#[derive(Clone)]
pub enum AppSignIn {
    Password(String),
    /// A token of AWS IAM, on RDS only.
    Iam,
}

/// How many connections `app_rw` may have at once, over all functions and all of their instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimit(i32);

impl ConnectionLimit {
    /// Four fifths of the database's `max_connections`; the rest is for people, backups and migrations.
    pub fn share_of(max_connections: u16) -> Self {
        Self((i32::from(max_connections) * 4 / 5).max(1))
    }
}

// For the owner only, and not in `statements::all`: statements that set up a role cannot be planned.
const HOLD_VERIFIER: Query = Query {
    doing: "set the password verifier",
    sql: "select set_config('app.verifier', $1, true)",
};
const SET_PASSWORD: Query = Query {
    doing: "set the password of the functions' role",
    sql: "
        do $$
        begin
            execute format('alter role app_rw password %L', current_setting('app.verifier'));
            if exists (select from pg_roles where rolname = 'rds_iam') then
                revoke rds_iam from app_rw;
            end if;
        end $$",
};
const GRANT_IAM: Query =
    Query { doing: "let the functions' role sign in by IAM", sql: "grant rds_iam to app_rw" };
const HOLD_LIMIT: Query = Query {
    doing: "set the number of connections",
    sql: "select set_config('app.connections', $1::int::text, true)",
};
const LIMIT_CONNECTIONS: Query = Query {
    doing: "limit the connections of the functions' role",
    sql: "
        do $$
        begin
            execute format(
                'alter role app_rw connection limit %s', current_setting('app.connections')::int);
        end $$",
};

impl Db {
    /// Lets the server refuse connections of `app_rw` beyond the limit. Doing it again changes nothing.
    pub async fn limit_app(&self, limit: ConnectionLimit) -> Result<(), DbError> {
        let limited: Result<(), Failure<Never>> = self
            .transaction(async |tx| {
                tx.rows(&HOLD_LIMIT, &[&limit.0]).await?;
                tx.execute(&LIMIT_CONNECTIONS, &[]).await?;
                Ok(())
            })
            .await;
        limited.map_err(database_failure)
    }

    /// Lets `app_rw` sign in this way and no other. Doing it again changes nothing.
    pub async fn admit_app(&self, how: &AppSignIn) -> Result<(), DbError> {
        let admitted: Result<(), Failure<Never>> = self
            .transaction(async |tx| {
                match how {
                    AppSignIn::Password(password) => {
                        // The server gets only the SCRAM verifier, so that its log cannot hold the password.
                        let verifier = scram_sha_256(password.as_bytes());
                        tx.rows(&HOLD_VERIFIER, &[&verifier]).await?;
                        tx.execute(&SET_PASSWORD, &[]).await?;
                    }
                    AppSignIn::Iam => drop(tx.execute(&GRANT_IAM, &[]).await?),
                }
                Ok(())
            })
            .await;
        admitted.map_err(database_failure)
    }
}

fn database_failure(failure: Failure<Never>) -> DbError {
    match failure {
        Failure::Db(error) => error,
        Failure::Refused(never) => match never {},
    }
}
