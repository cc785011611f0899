//! A function for the tests of the gateway: returns its event, or fails in the way that the path of the event names.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::{process, time::Duration};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let event = event.payload;
    if let Some(records) = event["Records"].as_array() {
        return Ok(report_poison(records));
    }
    match event["rawPath"].as_str().unwrap_or_default() {
        "/crash" => process::exit(3),
        "/fail" => Err("as you wish".into()),
        "/nonsense" => Ok(json!({"statusCode": "many"})),
        "/forever" => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            Ok(Value::Null)
        }
        "" => Ok(event),
        _ => Ok(json!({
            "statusCode": 200,
            "headers": {"content-type": "application/json", "x-process": process::id().to_string()},
            "body": event.to_string(),
        })),
    }
}

/// Reports the messages with the body `poison` as failed.
fn report_poison(records: &[Value]) -> Value {
    let poison = records.iter().filter(|record| record["body"] == "poison");
    let failures: Vec<Value> =
        poison.map(|record| json!({"itemIdentifier": record["messageId"]})).collect();
    json!({"batchItemFailures": failures})
}
