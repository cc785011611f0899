//! A handler that panics, in its own process under AWS's Rust runtime, as in Lambda.

use lambda::queue::{MessageError, consume};
use serde_json::{Value, json};
use stack::gateway::{Listener, Options};
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
/// The environment variable with the path of the file in which the function records the messages that it handled.
const HANDLED: &str = "HANDLED";
const TEST: &str = "faults::panics::of_ten_messages_the_one_that_panics_alone_comes_again";

#[tokio::test]
async fn of_ten_messages_the_one_that_panics_alone_comes_again() {
    // The gateway runs this test again as its function.
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return run_function().await;
    }
    let folder = env::temp_dir().join(format!("panics-{}", std::process::id()));
    create_dir(&folder).unwrap();
    let (program, handled) = (folder.join("worker"), folder.join("handled"));
    let test = env::current_exe().unwrap();
    let script = format!("#!/bin/sh\nexec '{}' --exact {TEST} --nocapture\n", test.display());
    write(&program, script).unwrap();
    set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let mut options = Options::new(&folder, folder.join("run"));
    options.env.insert(HANDLED.to_owned(), handled.display().to_string());
    let template = Template::parse(TEMPLATE).unwrap();
    let gateway = Gateway::start(Listener::bind(None).unwrap(), &template, None, &options).unwrap();
    let numbers =
        || read_to_string(&handled).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();

    let first = gateway.invoke("Worker", &batch(1..=10)).await.unwrap();
    let of_first = numbers();
    let process = gateway.pids("Worker").unwrap();
    let second = gateway.invoke("Worker", &batch(7..=7)).await.unwrap();

    assert_eq!(first, json!({"batchItemFailures": [{"itemIdentifier": "message 7"}]}));
    assert_eq!(of_first, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"].map(str::to_owned));
    let log = read_to_string(gateway.log("Worker").unwrap()).unwrap();
    assert!(log.contains("message handler panicked"), "{log}");
    assert_eq!(second, json!({"batchItemFailures": []}));
    assert_eq!(numbers()[10..], ["7".to_owned()]);
    assert_eq!(
        (process.len(), &gateway.pids("Worker").unwrap()),
        (1, &process),
        "the process goes on"
    );
    drop(gateway);
    std::fs::remove_dir_all(folder).unwrap();
}

/// A queue consumer that records each number, and panics when it gets a 7 for the first time.
async fn run_function() {
    let handled = env::var_os(HANDLED).unwrap();
    let work = async |number: u32| -> Result<(), MessageError> {
        let mut file = File::options().create(true).append(true).open(&handled).unwrap();
        writeln!(file, "{number}").unwrap();
        let seen = read_to_string(&handled).unwrap().lines().filter(|line| *line == "7").count();
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
