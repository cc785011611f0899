//! How the shop reaches its database: behind which certificate, and under which password.

use domain::db::{Address, AppSignIn, Db, Password};
use domain::failure::chain;
use futures_util::future::BoxFuture;
use stack::postgres::Place;
use stack::{Postgres, Progress};
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// A PostgreSQL server that speaks TLS as `localhost`, and wants a password of `app_rw`.
struct Guarded {
    postgres: Postgres,
    owner: Client,
    /// Whoever trusts this, in PEM, trusts the server.
    certificate: &'static [u8],
}

impl Guarded {
    async fn start() -> Self {
        let postgres = Postgres::start(&Place::Throwaway, &Progress::silent()).await.unwrap();
        let (owner, talk) =
            tokio_postgres::connect(&postgres.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(talk);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.pem();
        let key = made.signing_key.serialize_pem();
        let doors = "local all postgres trust\nhost all postgres 127.0.0.1/32 trust\n\
                     hostssl all app_rw 127.0.0.1/32 scram-sha-256";
        let files = [("server.crt", &*certificate), ("server.key", &*key), ("pg_hba.conf", doors)];
        for (name, text) in files {
            write(&owner, name, text).await;
        }
        // One by one: settings do not change in a transaction.
        for step in [
            "create role app_rw login password 'first'",
            "alter system set ssl = on",
            "select pg_reload_conf()",
        ] {
            owner.batch_execute(step).await.unwrap();
        }
        let certificate = certificate.into_bytes().leak();
        let guarded = Self { postgres, owner, certificate };
        // The server takes the new settings in its own time.
        let taken = async {
            while guarded.trusted("first").ping().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), taken).await.unwrap();
        guarded
    }

    /// As `app_rw` calls the server `host`.
    fn address(&self, host: &str, store: &Arc<Store>) -> Address {
        let url = self.postgres.url("postgres");
        let port = url.rsplit(':').next().unwrap();
        let url = format!("postgres://app_rw@{host}:{port}?sslmode=verify-full");
        Address::parse(&url).unwrap().signing_in_with(store.clone())
    }

    /// Called by its right name, by somebody who trusts it.
    fn trusted(&self, password: &str) -> Db {
        let address = self.address("localhost", &Store::with(password));
        Db::open(address.trusting(self.certificate), 1).unwrap()
    }
}

/// Into a file in the server's folder, line by line.
async fn write(owner: &Client, name: &str, text: &str) {
    let row = owner.query_one("select current_setting('data_directory')", &[]).await.unwrap();
    let folder: String = row.get(0);
    // By a program, for a key that others may read is refused.
    let lines = text.trim_end();
    let copy = format!(
        "copy (select unnest(string_to_array('{lines}', E'\\n')))
         to program 'cat > {folder}/{name} && chmod 600 {folder}/{name}'"
    );
    owner.batch_execute(&copy).await.unwrap();
}

async fn refusal(db: &Db) -> String {
    chain(&db.ping().await.unwrap_err())
}

#[tokio::test]
async fn the_certificate_is_of_somebody_we_trust_and_names_the_host() {
    let guarded = Guarded::start().await;

    guarded.trusted("first").ping().await.unwrap();

    let first = Store::with("first");
    let stranger = Db::open(guarded.address("localhost", &first), 1).unwrap();
    let why = refusal(&stranger).await;
    assert!(why.contains("UnknownIssuer"), "{why}");
    let misnamed = guarded.address("127.0.0.1", &first).trusting(guarded.certificate);
    let why = refusal(&Db::open(misnamed, 1).unwrap()).await;
    assert!(why.contains("not valid for name"), "{why}");
    let why = refusal(&guarded.trusted("wrong")).await;
    assert!(why.contains("password authentication failed"), "{why}");
}

/// A password as a secret store holds it.
#[derive(Debug)]
struct Store(Mutex<Option<String>>);

impl Store {
    fn with(password: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(password.to_owned()))))
    }
}

impl Password for Store {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Box<dyn Error + Send + Sync>>> {
        let held = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(held.ok_or("the store is away")?) })
    }
}

#[tokio::test]
async fn the_functions_role_signs_in_as_it_is_told_to() {
    let guarded = Guarded::start().await;
    let owner = Db::connect(&guarded.postgres.url("postgres"), 1).unwrap();

    for password in ["o'second $$", "o'second $$", "third"] {
        owner.admit_app(&AppSignIn::Password(password.to_owned())).await.unwrap();
        guarded.trusted(password).ping().await.unwrap();
    }

    let why = chain(&owner.admit_app(&AppSignIn::Iam).await.unwrap_err());
    assert!(why.contains("rds_iam"), "this is not RDS: {why}");
    guarded.owner.batch_execute("create role rds_iam").await.unwrap();
    owner.admit_app(&AppSignIn::Iam).await.unwrap();
    let member = "select pg_has_role('app_rw', 'rds_iam', 'member')";
    assert!(guarded.owner.query_one(member, &[]).await.unwrap().get::<_, bool>(0));
    owner.admit_app(&AppSignIn::Password("fourth".to_owned())).await.unwrap();
    assert!(!guarded.owner.query_one(member, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn a_rotated_password_is_taken_by_the_next_connection() {
    let guarded = Guarded::start().await;
    let store = Store::with("first");
    let address = guarded.address("localhost", &store).trusting(guarded.certificate);
    let db = Db::open(address, 1).unwrap();
    db.ping().await.unwrap();

    *store.0.lock().unwrap() = Some("second".to_owned());
    let rotate = "alter role app_rw password 'second';
        select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app_rw'";
    guarded.owner.batch_execute(rotate).await.unwrap();

    db.ping().await.unwrap();
    *store.0.lock().unwrap() = None;
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app_rw'";
    guarded.owner.batch_execute(cut).await.unwrap();
    let why = refusal(&db).await;
    assert!(why.contains("password"), "{why}");
}
