//! `migrate` and a database that does not accept connections yet.

use super::{AT_ONCE, NO_APP, empty_url};
use domain::db::Db;
use migrate::TimeLimit;
use serde_json::json;
use std::net::Ipv4Addr;
use std::time::Duration;
use testkit::Log;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

const WAITS: &str = "waiting until the database accepts connections";
/// `left` is a minute more than the function waits for the database.
const PATIENT: TimeLimit = TimeLimit { left: Duration::from_mins(2), ..AT_ONCE };
/// The longest wait for a line in the log.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Polls until a line says why the function waits.
async fn waits(log: &Log, why: &str) {
    let said = async {
        while !log.containing(WAITS).iter().any(|line| line.to_lowercase().contains(why)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let said = tokio::time::timeout(TIMEOUT, said).await;
    said.unwrap_or_else(|_| panic!("no line says {why}: {:?}", log.containing(WAITS)));
}

/// A server at `address` that starts: it closes the first connection, leaves the second one without an answer, says at the third
/// one that it starts, and then is the server at `real`.
pub(crate) async fn start_slowly(address: (Ipv4Addr, u16), real: String) {
    let listener = TcpListener::bind(address).await.unwrap();
    drop(listener.accept().await.unwrap());
    let _held = listener.accept().await.unwrap();
    let (mut starting, _) = listener.accept().await.unwrap();
    assert!(starting.read(&mut [0; 512]).await.unwrap() > 0, "the startup message");
    let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    starting.write_all(&[b"E", &length[..], fields].concat()).await.unwrap();
    drop(starting);
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(&real).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
    }
}

#[tokio::test]
async fn a_first_deploy_waits_until_the_new_database_accepts_connections() {
    let (url, _lock) = empty_url().await;
    let (real, database) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let user = url.split_once('@').unwrap().0;
    let db = Db::connect(&format!("{user}@127.0.0.1:{port}/{database}"), 1).unwrap();
    let (log, _guard) = Log::of_this_test();

    let deploy = migrate::handle(&db, NO_APP, json!({}), PATIENT);
    let start = async {
        waits(&log, "connection refused").await;
        start_slowly((Ipv4Addr::LOCALHOST, port), real.to_owned()).await;
    };
    let outcome = tokio::select! {
        outcome = deploy => outcome.map_err(|error| error.to_string()),
        () = start => unreachable!("it serves until the deploy is done"),
    };

    let outcome = serde_json::to_value(outcome.unwrap()).unwrap();
    assert!(outcome["applied"].as_u64().unwrap() >= 6, "{outcome}");
    for why in ["connection refused", "starting up", "timeout"] {
        waits(&log, why).await;
    }
}

#[tokio::test]
async fn a_name_that_is_not_known_yet_is_waited_for_and_named_in_the_end() {
    let nowhere = Db::connect("postgres://owner@database.invalid/shop", 1).unwrap();
    let (log, _guard) = Log::of_this_test();

    let short = TimeLimit { left: Duration::from_secs(63), ..AT_ONCE };
    let error = migrate::handle(&nowhere, NO_APP, json!({}), short).await;

    let error = error.map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("could not reach the database: "), "{error}");
    assert!(!log.containing(WAITS).is_empty());
}
