//! `sam deploy` of the template and the real binaries to MiniStack, an AWS emulator on this machine.

use crate::{TIMEOUT, tool, until};
use serde_json::{Value, json};
use stack::aws::Sqs;
use stack::functions::{self, Profile};
use stack::postgres::Location;
use stack::{Aws, BackingServices, Options, Postgres, Progress, Template, tools};
use std::path::Path;
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

const SENDER: &str = "shop@tradepost.example";
const DATABASE: &str = "rehearsal";

/// The output of `sam build`: a folder with `bootstrap` for each function, and the template that refers to them.
async fn build(template: &Template, aws: &Aws, into: &Path) {
    let strip = tool(tools::strip).await;
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    for function in template.functions.values() {
        let folder = into.join(&function.binary);
        std::fs::create_dir_all(&folder).unwrap();
        // Without debug information: zipping it would take minutes.
        let mut strip = Command::new(&strip);
        strip.arg("-o").arg(folder.join("bootstrap")).arg(binaries.join(&function.binary));
        assert!(strip.status().await.unwrap().success());
    }
    let text = std::fs::read_to_string(tools::workspace().join("template.yaml")).unwrap();
    let text = text.replace("CodeUri: functions/", "CodeUri: ./");
    // MiniStack does not set its endpoint in the environment of the functions.
    let first = "        DATABASE_URL: !Sub\n";
    assert!(text.contains(first), "DATABASE_URL is no longer the first variable of all functions");
    let endpoint = format!("        AWS_ENDPOINT_URL: {}\n{first}", aws.endpoint());
    let text = text.replacen(first, &endpoint, 1);
    std::fs::write(into.join("template.yaml"), text).unwrap();
}

/// The secrets with the passwords of `app_rw` and the owner.
async fn secrets(aws: &Aws) -> [String; 2] {
    let secret = async |name| {
        let password = json!({"password": "for the rehearsal"}).to_string();
        aws.sqs().create_secret(name, &password).await.unwrap()
    };
    [secret("app").await, secret("owner").await]
}

async fn sam_deploy(
    aws: &Aws,
    postgres: &Postgres,
    [app, owner]: &[String; 2],
    from: &Path,
) -> String {
    let sam = tool(tools::sam).await;
    let url = postgres.url(DATABASE);
    let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap();
    let [(_, signing), _] = local::keys_for_a_deploy();
    let deployed = Command::new(sam)
        .args(["deploy", "--template", "template.yaml", "--stack-name", "shop", "--resolve-s3"])
        .args(["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"])
        .args(["--parameter-overrides", "Database=existing", "DatabaseHost=127.0.0.1"])
        .args([format!("DatabasePort={port}"), format!("DatabaseName={DATABASE}")])
        .args(["DatabaseOwner=postgres".to_owned()])
        .args([format!("AppSecretArn={app}"), format!("OwnerSecretArn={owner}")])
        .args([format!("TokenSigningKey={signing}"), "TokenKeys=none".to_owned()])
        .args(["StripeSecretKey=rehearsal", "MailFrom=shop@tradepost.example"])
        .args(["MailStaff=staff@tradepost.example", "ShopUrl=https://shop.tradepost.example"])
        // MiniStack does not support alarms on metric math.
        .args(["AllowedOrigins=https://shop.tradepost.example", "Alarms=false"])
        .current_dir(from)
        .envs(aws.env())
        .env("SAM_CLI_TELEMETRY", "0")
        .output()
        .await
        .unwrap();
    let output = String::from_utf8_lossy(&deployed.stdout).into_owned();
    assert!(deployed.status.success(), "{output}\n{}", String::from_utf8_lossy(&deployed.stderr));
    output
}

async fn sam_delete(aws: &Aws) -> String {
    let sam = tool(tools::sam).await;
    let deleted = Command::new(sam)
        .args(["delete", "--stack-name", "shop", "--no-prompts", "--region", stack::aws::REGION])
        .envs(aws.env())
        .env("SAM_CLI_TELEMETRY", "0")
        .output();
    // Whoever does not answer CloudFormation is waited for ten minutes.
    let deleted = tokio::time::timeout(TIMEOUT, deleted).await.expect("an answer is missing");
    let deleted = deleted.unwrap();
    let output = String::from_utf8_lossy(&deleted.stdout).into_owned();
    assert!(deleted.status.success(), "{output}\n{}", String::from_utf8_lossy(&deleted.stderr));
    output
}

/// An answer of `CloudFormation`, as XML.
async fn cloudformation(aws: &Aws, query: &str) -> String {
    let request = reqwest::Client::new().post(aws.endpoint());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(format!("Version=2010-05-15&{query}")).send().await.unwrap();
    response.text().await.unwrap()
}

/// The texts of an element, in the order of the document.
fn texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
}

/// The states that a resource of a stack went through, the newest first.
async fn states(aws: &Aws, stack: &str, resource: &str) -> Vec<String> {
    let (mut states, mut page) = (Vec::new(), String::new());
    loop {
        let query = format!("Action=DescribeStackEvents&StackName={stack}{page}");
        let events = cloudformation(aws, &query).await;
        let (names, all) = (texts(&events, "LogicalResourceId"), texts(&events, "ResourceStatus"));
        assert_eq!(names.len(), all.len(), "{events}");
        let own = names.iter().zip(all).filter(|(name, _)| **name == resource);
        states.extend(own.map(|(_, state)| state.to_owned()));
        let Some(next) = texts(&events, "NextToken").pop() else { return states };
        let escape = |sign: char| format!("%{:02X}", u32::from(sign));
        page = format!("&NextToken={}", next.chars().map(escape).collect::<String>());
    }
}

async fn database(postgres: &Postgres) -> Client {
    let connect = async |name| {
        let (client, connection) =
            tokio_postgres::connect(&postgres.url(name), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    };
    let create = format!("create database {DATABASE}");
    connect("postgres").await.batch_execute(&create).await.unwrap();
    connect(DATABASE).await
}

/// The URL of a queue of the stack, and that of its dead-letter queue.
async fn queue(sqs: &Sqs, name: &str) -> [Value; 2] {
    let url = async |name: &str| {
        sqs.call("GetQueueUrl", &json!({"QueueName": name})).await.unwrap()["QueueUrl"].clone()
    };
    let queue = url(name).await;
    let body = json!({"QueueUrl": queue, "AttributeNames": ["RedrivePolicy"]});
    let attributes = sqs.call("GetQueueAttributes", &body).await.unwrap();
    let redrive = attributes["Attributes"]["RedrivePolicy"].as_str().unwrap();
    let redrive: Value = serde_json::from_str(redrive).unwrap();
    let dead = redrive["deadLetterTargetArn"].as_str().unwrap().rsplit(':').next().unwrap();
    [queue, url(dead).await]
}

#[tokio::test]
async fn the_template_deploys_migrates_feeds_its_workers_goes_back_and_goes() {
    let template = Template::load(&tools::workspace().join("template.yaml")).unwrap();
    let options = Options {
        database: Location::Temporary,
        sender: SENDER.to_owned(),
        log_folder: None,
        progress: Progress::silent(),
    };
    let services = BackingServices::start(&template, &options).await.unwrap();
    let database = database(&services.postgres).await;
    let folder = services.log_folder().join("built");
    build(&template, &services.aws, &folder).await;

    let secrets = secrets(&services.aws).await;
    let output = sam_deploy(&services.aws, &services.postgres, &secrets, &folder).await;

    assert!(output.contains("Successfully created/updated stack"), "{output}");
    let count = "select count(*) from refinery_schema_history";
    let steps: i64 = database.query_one(count, &[]).await.unwrap().get(0);
    assert!(steps >= 8, "CloudFormation waited for the migrations: {steps}");
    let limit = "select rolconnlimit from pg_roles where rolname = 'app_rw'";
    let limit: i32 = database.query_one(limit, &[]).await.unwrap().get(0);
    assert_eq!(limit, 89, "four fifths of DbMaxConnections");

    // The visibility timeout of three minutes is too long for a test.
    let sqs = services.aws.sqs();
    let [inventory, dead] = queue(&sqs, "shop-inventory").await;
    let soon = json!({"QueueUrl": inventory, "Attributes": {"VisibilityTimeout": "1"}});
    sqs.call("SetQueueAttributes", &soon).await.unwrap();
    let event = tools::workspace().join("events/sync-inventory-count-and-garbled.json");
    let event: Value = serde_json::from_str(&std::fs::read_to_string(event).unwrap()).unwrap();
    for record in event["Records"].as_array().unwrap() {
        let body = json!({"QueueUrl": inventory, "MessageBody": record["body"]});
        sqs.call("SendMessage", &body).await.unwrap();
    }

    let dead_letters = until("a dead letter", async || {
        let body = json!({"QueueUrl": dead, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1});
        let received = sqs.call("ReceiveMessage", &body).await.unwrap();
        let received = received["Messages"].as_array().cloned().unwrap_or_default();
        (!received.is_empty()).then_some(received)
    })
    .await;

    assert_eq!(dead_letters.len(), 1);
    assert_eq!(dead_letters[0]["Body"], event["Records"][1]["body"], "only the garbled one");
    let left = json!({"QueueUrl": inventory, "AttributeNames": ["All"]});
    let left = sqs.call("GetQueueAttributes", &left).await.unwrap();
    for state in ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] {
        assert_eq!(left["Attributes"][state], "0", "the other one was processed");
    }

    // The way back from a later release. Its schema stays, and `Migrate` runs again, because its code is another.
    let later = "alter table orders add column gift_note text;
        insert into refinery_schema_history values (9000, 'gifts', '2026-12-24T18:00:00Z', '1');
        alter role app_rw password null";
    database.batch_execute(later).await.unwrap();
    let migrate = folder.join("migrate/bootstrap");
    let mut binary = std::fs::read(&migrate).unwrap();
    binary.extend(b"a release before");
    std::fs::write(&migrate, binary).unwrap();

    let output = sam_deploy(&services.aws, &services.postgres, &secrets, &folder).await;

    assert!(output.contains("Successfully created/updated stack"), "{output}");
    let state =
        "select count(*), (select rolpassword is not null from pg_authid where rolname = 'app_rw')
                 from refinery_schema_history";
    let state = database.query_one(state, &[]).await.unwrap();
    assert_eq!(state.get::<_, i64>(0), steps + 1, "the history is as the later release left it");
    assert!(state.get::<_, bool>(1), "CloudFormation did not run Migrate");

    let stacks = cloudformation(&services.aws, "Action=DescribeStacks&StackName=shop").await;
    let stack = texts(&stacks, "StackId")[0].to_owned();

    let output = sam_delete(&services.aws).await;

    assert!(output.contains("Deleted successfully"), "{output}");
    let states = states(&services.aws, &stack, "Schema").await;
    assert_eq!(states[..2], ["DELETE_COMPLETE", "DELETE_IN_PROGRESS"], "Migrate answered");
    let left: i64 = database.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(left, steps + 1, "the data stay");
}
