//! Secrets where production has them: in AWS Secrets Manager.

use serde_json::{Value, json};
use stack::functions::{self, Profile};
use stack::gateway::{self, Door, Gateway};
use stack::postgres::Place;
use stack::{Options, Progress, Surroundings, Template};
use std::collections::BTreeMap;
use tokio_postgres::NoTls;

const MIGRATE: &str = "
Resources:
  Migrate:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/migrate
      Environment: {Variables: {MIGRATE_DATABASE_URL: '', MIGRATE_DATABASE_PASSWORD_ARN: ''}}
";

/// Migrate, that has its database's password in a secret: `arn`, and under which member of it.
async fn migrate(surroundings: &Surroundings, arn: String) -> (Gateway, Result<Value, String>) {
    let template = Template::parse(MIGRATE).unwrap();
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    let door = Door::open(None).unwrap();
    let mut options = gateway::Options::new(binaries, surroundings.run());
    let url = surroundings.postgres.url_as("keeper", "postgres");
    options.values = BTreeMap::from([
        ("MIGRATE_DATABASE_URL".to_owned(), url),
        ("MIGRATE_DATABASE_PASSWORD_ARN".to_owned(), arn),
    ]);
    let gateway = Gateway::start(door, &template, Some(&surroundings.aws), &options).unwrap();
    let answer = gateway.invoke("Migrate", &json!({})).await;
    (gateway, answer.map_err(|error| error.to_string()))
}

/// Surroundings with a role `keeper` that owns the database and needs its password.
async fn surroundings() -> Surroundings {
    let template = Template::parse("Resources: {}").unwrap();
    let options = Options {
        database: Place::Throwaway,
        sender: "shop@example.com".to_owned(),
        run: None,
        progress: Progress::silent(),
    };
    let surroundings = Surroundings::start(&template, &options).await.unwrap();
    let url = surroundings.postgres.url("postgres");
    let (owner, talk) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(talk);
    let folder = owner.query_one("select current_setting('data_directory')", &[]).await.unwrap();
    let folder: String = folder.get(0);
    // The server writes its own rules, wherever and as whomever it runs.
    let rules = format!(
        "create role keeper login superuser password 'kept in a secret';
         copy (values ('host all postgres 127.0.0.1/32 trust'), ('host all keeper 127.0.0.1/32 scram-sha-256'))
         to '{folder}/pg_hba.conf';
         select pg_reload_conf()"
    );
    owner.batch_execute(&rules).await.unwrap();
    surroundings
}

#[tokio::test]
async fn a_function_takes_its_password_from_secrets_manager_and_says_so_when_it_cannot() {
    let surroundings = surroundings().await;
    let secret = json!({"username": "keeper", "password": "kept in a secret"}).to_string();
    let arn = surroundings.aws.sqs().keep_secret("database", &secret).await.unwrap();

    let (gateway, answer) = migrate(&surroundings, format!("{arn}:password::")).await;
    assert!(answer.unwrap()["applied"].as_u64().unwrap() > 0);
    drop(gateway);

    let (gateway, answer) = migrate(&surroundings, format!("{arn}:pass::")).await;
    assert!(answer.is_err());
    let log = std::fs::read_to_string(gateway.log("Migrate").unwrap()).unwrap();
    assert!(log.contains("could not get the database's password"), "{log}");
    assert!(log.contains("has no pass") && !log.contains("kept in a secret"), "{log}");
    drop(gateway);

    let (gateway, answer) = migrate(&surroundings, "arn:aws:sqs:x".to_owned()).await;
    assert!(answer.is_err());
    let log = std::fs::read_to_string(gateway.log("Migrate").unwrap()).unwrap();
    let why = "MIGRATE_DATABASE_PASSWORD_ARN: arn:aws:sqs:x is not arn:";
    assert!(log.contains(why), "{log}");
}
