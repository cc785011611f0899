//! A handler that panics, in a process of its own under AWS's runtime, as Lambda would run it.

use lambda::queue::{Setback, consume};
use serde_json::{Value, json};
use stack::gateway::{Door, Options};
use stack::{Gateway, Template};
use std::env;
use std::fs::{File, Permissions, create_dir, read_to_string, set_permissions, write};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

const TEMPLATE: &str = "
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/worker, Timeout: 30}
";
/// Where the function notes whom it has worked for.
const NOTES: &str = "NOTES";
const TEST: &str = "faults::panics::of_ten_messages_the_one_that_panics_alone_comes_again";

#[tokio::test]
async fn of_ten_messages_the_one_that_panics_alone_comes_again() {
    // The gateway starts this very test as its function.
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return be_the_function().await;
    }
    let folder = env::temp_dir().join(format!("panics-{}", std::process::id()));
    create_dir(&folder).unwrap();
    let (program, notes) = (folder.join("worker"), folder.join("notes"));
    let ourselves = env::current_exe().unwrap();
    let script = format!("#!/bin/sh\nexec '{}' --exact {TEST} --nocapture\n", ourselves.display());
    write(&program, script).unwrap();
    set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let mut options = Options::new(&folder, folder.join("run"));
    options.env.insert(NOTES.to_owned(), notes.display().to_string());
    let template = Template::parse(TEMPLATE).unwrap();
    let gateway = Gateway::start(Door::open(None).unwrap(), &template, None, &options).unwrap();
    let worked_on =
        || read_to_string(&notes).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();

    let first = gateway.invoke("Worker", &batch(1..=10)).await.unwrap();
    let of_first = worked_on();
    let process = gateway.pids("Worker").unwrap();
    let second = gateway.invoke("Worker", &batch(7..=7)).await.unwrap();

    assert_eq!(first, json!({"batchItemFailures": [{"itemIdentifier": "message 7"}]}));
    assert_eq!(of_first, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"].map(str::to_owned));
    let log = read_to_string(gateway.log("Worker").unwrap()).unwrap();
    assert!(log.contains("message made us panic"), "{log}");
    assert_eq!(second, json!({"batchItemFailures": []}));
    assert_eq!(worked_on()[10..], ["7".to_owned()]);
    assert_eq!((process.len(), &gateway.pids("Worker").unwrap()), (1, &process), "it lives on");
    drop(gateway);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Works on whatever it is sent, and panics where it sees 7 for the first time.
async fn be_the_function() {
    let notes = env::var_os(NOTES).unwrap();
    let work = async |number: u32| -> Result<(), Setback> {
        let mut file = File::options().create(true).append(true).open(&notes).unwrap();
        writeln!(file, "{number}").unwrap();
        let seen = read_to_string(&notes).unwrap().lines().filter(|line| *line == "7").count();
        assert!(number != 7 || seen > 1, "a bug");
        Ok(())
    };
    consume(work).await.unwrap();
}

fn batch(numbers: impl Iterator<Item = u32>) -> Value {
    let records = numbers.map(|number| {
        json!({
            "messageId": format!("message {number}"),
            "receiptHandle": format!("receipt {number}"),
            "body": number.to_string(),
            "eventSource": "aws:sqs",
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}
