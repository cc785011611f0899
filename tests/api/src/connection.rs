//! Connections to PostgreSQL over TLS: which certificates are trusted, and where the password comes from.

use domain::db::{Address, AppSignIn, Db, Password, Patience};
use domain::failure::chain;
use futures_util::future::BoxFuture;
use stack::postgres::Location;
use stack::{Postgres, Progress};
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// A PostgreSQL server with a certificate for `localhost`, where `app_rw` needs TLS and a password.
struct TlsServer {
    postgres: Postgres,
    owner: Client,
    /// The server's self-signed certificate, in PEM.
    certificate: &'static [u8],
}

impl TlsServer {
    async fn start() -> Self {
        let postgres = Postgres::start(&Location::Temporary, &Progress::silent()).await.unwrap();
        let (owner, connection) =
            tokio_postgres::connect(&postgres.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        let generated = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = generated.cert.pem();
        let key = generated.signing_key.serialize_pem();
        let hba = "local all postgres trust\nhost all postgres 127.0.0.1/32 trust\n\
                     hostssl all app_rw 127.0.0.1/32 scram-sha-256";
        let files = [("server.crt", &*certificate), ("server.key", &*key), ("pg_hba.conf", hba)];
        for (name, text) in files {
            write(&owner, name, text).await;
        }
        // One by one: `alter system` cannot run inside a transaction block.
        for step in [
            "create role app_rw login password 'first'",
            "alter system set ssl = on",
            "select pg_reload_conf()",
        ] {
            owner.batch_execute(step).await.unwrap();
        }
        let certificate = certificate.into_bytes().leak();
        let server = Self { postgres, owner, certificate };
        // `pg_reload_conf()` returns before the new settings are in force.
        let reloaded = async {
            while server.trusted("first").ping().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reloaded).await.unwrap();
        server
    }

    /// The server's address as `app_rw` with this host name, verified against the usual root certificates.
    fn address(&self, host: &str, store: &Arc<PasswordStore>) -> Address {
        let url = self.postgres.url("postgres");
        let port = url.rsplit(':').next().unwrap();
        let url = format!("postgres://app_rw@{host}:{port}?sslmode=verify-full");
        Address::parse(&url).unwrap().signing_in_with(store.clone())
    }

    /// Ends the connections of `app_rw`, and waits until the server has none.
    async fn cut_connections(&self) {
        let cut = "select pg_terminate_backend(pid, 10000) from pg_stat_activity
            where usename = 'app_rw'";
        for row in self.owner.query(cut, &[]).await.unwrap() {
            assert!(row.get::<_, bool>(0), "a connection outlived its end");
        }
    }

    /// Connects by the right host name, and trusts the server's certificate.
    fn trusted(&self, password: &str) -> Db {
        let address = self.address("localhost", &PasswordStore::with(password));
        Db::open(address.trusting(self.certificate), 1).unwrap()
    }
}

/// Writes a file into the server's data directory.
async fn write(owner: &Client, name: &str, text: &str) {
    let row = owner.query_one("select current_setting('data_directory')", &[]).await.unwrap();
    let folder: String = row.get(0);
    // By a program that sets the mode: the server refuses a key file that others can read.
    let lines = text.trim_end();
    let copy = format!(
        "copy (select unnest(string_to_array('{lines}', E'\\n')))
         to program 'cat > {folder}/{name} && chmod 600 {folder}/{name}'"
    );
    owner.batch_execute(&copy).await.unwrap();
}

/// Why no connection can be opened: the whole chain of errors.
async fn refusal(db: &Db) -> String {
    chain(&db.ping().await.unwrap_err())
}

#[tokio::test]
async fn the_certificate_is_of_somebody_we_trust_and_names_the_host() {
    let server = TlsServer::start().await;

    server.trusted("first").ping().await.unwrap();

    let first = PasswordStore::with("first");
    let untrusted = Db::open(server.address("localhost", &first), 1).unwrap();
    let why = refusal(&untrusted).await;
    assert!(why.contains("UnknownIssuer"), "{why}");
    let misnamed = server.address("127.0.0.1", &first).trusting(server.certificate);
    let why = refusal(&Db::open(misnamed, 1).unwrap()).await;
    assert!(why.contains("not valid for name"), "{why}");
    let why = refusal(&server.trusted("wrong")).await;
    assert!(why.contains("password authentication failed"), "{why}");
}

/// A secret store with one password, or none while it is unavailable.
#[derive(Debug)]
struct PasswordStore(Mutex<Option<String>>);

impl PasswordStore {
    fn with(password: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(password.to_owned()))))
    }
}

impl Password for PasswordStore {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Box<dyn Error + Send + Sync>>> {
        let held = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(held.ok_or("the store is away")?) })
    }
}

#[tokio::test]
async fn the_functions_role_signs_in_as_it_is_told_to() {
    let server = TlsServer::start().await;
    let owner = Db::connect(&server.postgres.url("postgres"), 1).unwrap();

    for password in ["o'second $$", "o'second $$", "third"] {
        owner.admit_app(&AppSignIn::Password(password.to_owned())).await.unwrap();
        server.trusted(password).ping().await.unwrap();
    }

    let why = chain(&owner.admit_app(&AppSignIn::Iam).await.unwrap_err());
    assert!(why.contains("rds_iam"), "this is not RDS: {why}");
    server.owner.batch_execute("create role rds_iam").await.unwrap();
    owner.admit_app(&AppSignIn::Iam).await.unwrap();
    let member = "select pg_has_role('app_rw', 'rds_iam', 'member')";
    assert!(server.owner.query_one(member, &[]).await.unwrap().get::<_, bool>(0));
    owner.admit_app(&AppSignIn::Password("fourth".to_owned())).await.unwrap();
    assert!(!server.owner.query_one(member, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn a_rotated_password_is_taken_by_the_next_connection() {
    let server = TlsServer::start().await;
    let store = PasswordStore::with("first");
    let address = server.address("localhost", &store).trusting(server.certificate);
    let db = Db::open(address, 1).unwrap();
    db.ping().await.unwrap();

    *store.0.lock().unwrap() = Some("second".to_owned());
    server.owner.batch_execute("alter role app_rw password 'second'").await.unwrap();
    server.cut_connections().await;

    db.ping().await.unwrap();
    *store.0.lock().unwrap() = None;
    server.cut_connections().await;
    let why = refusal(&db).await;
    assert!(why.contains("password"), "{why}");
}

#[tokio::test]
async fn what_waiting_does_not_mend_fails_at_once() {
    let server = TlsServer::start().await;
    let first = PasswordStore::with("first");
    let untrusted = Db::open(server.address("localhost", &first), 1).unwrap();
    let misnamed = server.address("127.0.0.1", &first).trusting(server.certificate);
    let misnamed = Db::open(misnamed, 1).unwrap();
    let patience = Patience { at_most: Duration::from_hours(1), step: Duration::from_mins(10) };

    for (db, why) in [
        (server.trusted("wrong"), "password authentication failed"),
        (untrusted, "UnknownIssuer"),
        (misnamed, "not valid for name"),
    ] {
        let failed = tokio::time::timeout(Duration::from_mins(1), db.wait_until_ready(patience));
        let error = chain(&failed.await.expect("it waits").unwrap_err());
        assert!(error.contains(why), "{error}");
    }
    server.trusted("first").wait_until_ready(patience).await.unwrap();
}
