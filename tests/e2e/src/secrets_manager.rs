//! Database passwords from AWS Secrets Manager.

use serde_json::{Value, json};
use stack::functions::{self, Profile};
use stack::gateway::{self, Gateway, Listener};
use stack::postgres::Location;
use stack::{BackingServices, Options, Progress, Template};
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

/// Runs Migrate with `MIGRATE_DATABASE_PASSWORD_ARN` set to `arn`. Returns the gateway and the function's result.
async fn migrate(services: &BackingServices, arn: String) -> (Gateway, Result<Value, String>) {
    let template = Template::parse(MIGRATE).unwrap();
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    let listener = Listener::bind(None).unwrap();
    let mut options = gateway::Options::new(binaries, services.log_folder());
    let url = services.postgres.url_as("keeper", "postgres");
    options.values = BTreeMap::from([
        ("MIGRATE_DATABASE_URL".to_owned(), url),
        ("MIGRATE_DATABASE_PASSWORD_ARN".to_owned(), arn),
    ]);
    let gateway = Gateway::start(listener, &template, Some(&services.aws), &options).unwrap();
    let result = gateway.invoke("Migrate", &json!({})).await;
    (gateway, result.map_err(|error| error.to_string()))
}

/// The backing services with a role `keeper` that owns the database and needs its password.
async fn services() -> BackingServices {
    let template = Template::parse("Resources: {}").unwrap();
    let options = Options {
        database: Location::Temporary,
        sender: "shop@example.com".to_owned(),
        log_folder: None,
        progress: Progress::silent(),
    };
    let services = BackingServices::start(&template, &options).await.unwrap();
    let url = services.postgres.url("postgres");
    let (owner, talk) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(talk);
    let folder = owner.query_one("select current_setting('data_directory')", &[]).await.unwrap();
    let folder: String = folder.get(0);
    // The server writes its own `pg_hba.conf`, so that file ownership does not matter.
    let rules = format!(
        "create role keeper login superuser password 'kept in a secret';
         copy (values ('host all postgres 127.0.0.1/32 trust'), ('host all keeper 127.0.0.1/32 scram-sha-256'))
         to '{folder}/pg_hba.conf';
         select pg_reload_conf()"
    );
    owner.batch_execute(&rules).await.unwrap();
    services
}

#[tokio::test]
async fn a_function_takes_its_password_from_secrets_manager_and_says_so_when_it_cannot() {
    let services = services().await;
    let secret = json!({"username": "keeper", "password": "kept in a secret"}).to_string();
    let arn = services.aws.sqs().create_secret("database", &secret).await.unwrap();

    let (gateway, result) = migrate(&services, format!("{arn}:password::")).await;
    assert!(result.unwrap()["applied"].as_u64().unwrap() > 0);
    drop(gateway);

    let (gateway, result) = migrate(&services, format!("{arn}:pass::")).await;
    assert!(result.is_err());
    let log = std::fs::read_to_string(gateway.log("Migrate").unwrap()).unwrap();
    assert!(log.contains("could not fetch the database's password"), "{log}");
    assert!(log.contains("has no pass") && !log.contains("kept in a secret"), "{log}");
    drop(gateway);

    let (gateway, result) = migrate(&services, "arn:aws:sqs:x".to_owned()).await;
    assert!(result.is_err());
    let log = std::fs::read_to_string(gateway.log("Migrate").unwrap()).unwrap();
    let why = "MIGRATE_DATABASE_PASSWORD_ARN: arn:aws:sqs:x is not arn:";
    assert!(log.contains(why), "{log}");
}
