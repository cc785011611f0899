//! With the settings that the template gives the database, the server's log has statements without what they are about.

use super::yaml::Yaml;
use stack::postgres::Location;
use stack::{Postgres, Progress};
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// What a customer is called here. It is only ever a value.
const VALUE: &str = "grace.hopper";
/// The longest wait for the server to take its settings, or to write a line.
const TIMEOUT: Duration = Duration::from_secs(30);

async fn connect(server: &Postgres) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Polls until `look` returns something.
async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, seen).await.unwrap_or_else(|_| panic!("{what}"))
}

/// What the server logs of a slow statement and of two that fail, with these settings.
async fn logged(settings: &[(String, String)]) -> String {
    let server = Postgres::start(&Location::Temporary, &Progress::silent()).await.unwrap();
    let owner = connect(&server).await;
    for (name, value) in settings {
        owner.batch_execute(&format!("alter system set {name} = '{value}'")).await.unwrap();
    }
    // Every statement is slow now. This line is the last one, so that all others are in force when it is.
    owner.batch_execute("alter system set log_min_duration_statement = 0").await.unwrap();
    owner.batch_execute("select pg_reload_conf()").await.unwrap();
    until("the settings are not taken", async || {
        let setting = connect(&server).await;
        let setting = setting.query_one("show log_min_duration_statement", &[]).await.unwrap();
        (setting.get::<_, &str>(0) == "0").then_some(())
    })
    .await;
    let client = connect(&server).await;
    let table = "create table people (name text unique check (length(name) < 13))";
    client.batch_execute(table).await.unwrap();
    let insert = "insert into people values ($1::text)";
    client.execute(insert, &[&VALUE]).await.unwrap();
    client.execute(insert, &[&VALUE]).await.unwrap_err();
    client.execute(insert, &[&format!("{VALUE}.long")]).await.unwrap_err();
    client.execute("select 1 / length($1::text) - length($2)", &[&"", &VALUE]).await.unwrap_err();
    client.batch_execute("select 'the end'").await.unwrap();

    let folder = owner.query_one("select current_setting('data_directory')", &[]).await.unwrap();
    let log = std::path::Path::new(folder.get::<_, &str>(0)).with_file_name("log");
    until("the log has no end", async || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("statement: select 'the end'").then_some(log)
    })
    .await
}

#[tokio::test]
async fn the_servers_log_names_slow_and_failed_statements_but_nobody_that_they_are_about() {
    let yaml = Yaml::load();
    let settings = &yaml.one("AWS::RDS::DBClusterParameterGroup")["Parameters"];
    let settings = settings.as_object().unwrap().iter();
    let of_the_log = settings.filter(|(name, _)| name.starts_with("log_"));
    let settings: Vec<_> = of_the_log
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();

    let log = logged(&settings).await;

    for expected in ["insert into people", "duplicate key", "check constraint", "division by zero"]
    {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    assert!(!log.contains(VALUE), "{log}");
    // Without the settings it is there: as a parameter, in the row that failed, and in the key that is taken.
    // In lower case, because PostgreSQL 15 writes `parameters` and newer ones `Parameters`.
    let unset = logged(&[]).await.to_lowercase();
    for shown in ["parameters: $1", "failing row contains (", "key (name)=("] {
        assert!(
            unset.contains(&format!("{shown}{VALUE}"))
                || unset.contains(&format!("{shown} = '{VALUE}")),
            "{shown}: {unset}"
        );
    }
}
