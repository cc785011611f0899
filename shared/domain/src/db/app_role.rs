//! How the role of the functions, `app_rw`, signs in. The migrations make the role; who runs the shop says how it proves itself.

use super::{Db, DbError, Query};
use crate::failure::{Failure, Never};
use postgres_protocol::password::scram_sha_256;

/// What `app_rw` shows to the database. Not `Debug`: a password has no place in a log.
#[derive(Clone)]
pub enum AppSignIn {
    Password(String),
    /// A token of AWS IAM, on RDS only.
    Iam,
}

// The owner's own, and not in `every_query`: what sets up a role cannot be planned.
const HOLD_VERIFIER: Query =
    Query { doing: "hand over a verifier", sql: "select set_config('app.verifier', $1, true)" };
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

impl Db {
    /// Lets `app_rw` sign in this way, and no other. Doing it again changes nothing.
    pub async fn admit_app(&self, how: &AppSignIn) -> Result<(), DbError> {
        let admitted: Result<(), Failure<Never>> = self
            .transaction(async |tx| {
                match how {
                    AppSignIn::Password(password) => {
                        // The server gets no more than the verifier: nothing that its log could tell.
                        let verifier = scram_sha_256(password.as_bytes());
                        tx.rows(&HOLD_VERIFIER, &[&verifier]).await?;
                        tx.execute(&SET_PASSWORD, &[]).await?;
                    }
                    AppSignIn::Iam => drop(tx.execute(&GRANT_IAM, &[]).await?),
                }
                Ok(())
            })
            .await;
        admitted.map_err(|failure| match failure {
            Failure::Db(error) => error,
            Failure::Refused(never) => match never {},
        })
    }
}
