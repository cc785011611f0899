use crate::{Folder, is_alive};
use stack::{
    Postgres, Progress,
    postgres::{Error, Location},
};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn setting(client: &Client, name: &str) -> String {
    client.query_one("select current_setting($1)", &[&name]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_throwaway_server_forgets_everything_quickly() {
    let server = Postgres::start(&Location::Temporary, &Progress::silent()).await.unwrap();
    let client = connect(&server.url("postgres")).await;
    client.batch_execute("create database shop").await.unwrap();
    let shop = connect(&server.url("shop")).await;
    assert_eq!(setting(&shop, "fsync").await, "off");
    assert_eq!(setting(&shop, "listen_addresses").await, "127.0.0.1");
    let folder = setting(&shop, "unix_socket_directories").await;
    let pid = server.pid().unwrap();

    server.stop();

    assert!(!is_alive(pid));
    assert!(!std::path::Path::new(&folder).exists());
}

#[tokio::test]
async fn a_server_in_a_folder_remembers_and_syncs() {
    let folder = Folder::new();
    let location = Location::Folder(folder.0.clone());
    let server = Postgres::start(&location, &Progress::silent()).await.unwrap();
    let client = connect(&server.url("postgres")).await;
    client.batch_execute("create table orders (id integer)").await.unwrap();
    assert_eq!(setting(&client, "fsync").await, "on");
    server.stop();

    let server = Postgres::start(&location, &Progress::silent()).await.unwrap();

    let client = connect(&server.url("postgres")).await;
    assert!(client.query("select id from orders", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_runs_already_is_used() {
    let ours = Postgres::shared().await.unwrap();

    let joined = Postgres::start(&Location::Existing(ours.url("postgres")), &Progress::silent())
        .await
        .unwrap();

    assert_eq!(joined.url("template1"), ours.url("template1"));
    assert_eq!(joined.pid(), None);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_an_error() {
    let nobody = Location::Existing("postgres://postgres@127.0.0.1:1/postgres".to_owned());

    let error = Postgres::start(&nobody, &Progress::silent()).await.unwrap_err();

    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}
