//! How the functions' role, `app_rw`, signs in. The migrations create the role; the deployment decides between a
//! password and IAM.

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

impl Db {
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
        admitted.map_err(|failure| match failure {
            Failure::Db(error) => error,
            Failure::Refused(never) => match never {},
        })
    }
}
