//! An event source mapping: takes messages from a queue to a function, and deletes what the function has done.

use super::pool::Function;
use crate::{
    Aws, Template,
    aws::{self, REGION, Sqs},
    template::Source,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, time::sleep};

/// A poll that is cut off may take messages with it until they become visible again, so polls are short.
const LONG_POLL_SECONDS: u32 = 2;
/// AWS begins with five pollers.
const POLLERS: usize = 5;

pub(super) struct Queue {
    sqs: Sqs,
    url: String,
    arn: String,
    source: Source,
}

impl Queue {
    pub(super) fn new(aws: &Aws, template: &Template, source: &Source) -> Result<Self, aws::Error> {
        let name = template.queues.get(&source.queue).map_or(&source.queue, |queue| &queue.name);
        Ok(Self {
            sqs: aws.sqs(),
            url: aws.queue_url(&source.queue)?.to_owned(),
            arn: aws::queue_arn(name),
            source: source.clone(),
        })
    }

    async fn receive(&self) -> Result<Vec<Value>, aws::Error> {
        let wish = json!({
            "QueueUrl": self.url,
            "MaxNumberOfMessages": self.source.batch_size.clamp(1, 10),
            "WaitTimeSeconds": LONG_POLL_SECONDS,
            "MessageSystemAttributeNames": ["All"],
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        let answer = self.sqs.call("ReceiveMessage", &wish).await?;
        Ok(answer["Messages"].as_array().cloned().unwrap_or_default())
    }

    async fn deliver(&self, messages: &[Value], function: &Function) -> Result<(), aws::Error> {
        let event = event(messages, &self.arn).to_string();
        // Without an answer the whole batch stays and becomes visible again.
        let Ok(answer) = function.invoke(event.into()).await else { return Ok(()) };
        let ids: BTreeSet<&str> =
            messages.iter().filter_map(|message| message["MessageId"].as_str()).collect();
        let failed = if self.source.reports_failures {
            failed(&answer.bytes, &ids)
        } else {
            Some(HashSet::new())
        };
        let Some(failed) = failed else { return Ok(()) };
        let done = messages
            .iter()
            .filter(|message| !message["MessageId"].as_str().is_some_and(|id| failed.contains(id)));
        let entries: Vec<Value> = done
            .enumerate()
            .map(|(i, message)| json!({"Id": i.to_string(), "ReceiptHandle": message["ReceiptHandle"]}))
            .collect();
        if !entries.is_empty() {
            let wish = json!({"QueueUrl": self.url, "Entries": entries});
            self.sqs.call("DeleteMessageBatch", &wish).await?;
        }
        Ok(())
    }
}

/// Polls for as long as the gateway runs.
pub(super) async fn feed(queue: Queue, function: Arc<Function>, at_once: usize) {
    let slots = at_once.min(queue.source.max_concurrency.unwrap_or(POLLERS)).max(1);
    let slots = Arc::new(Semaphore::new(slots));
    let queue = Arc::new(queue);
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        match queue.receive().await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let (queue, function) = (queue.clone(), function.clone());
                tokio::spawn(async move {
                    // What could not be deleted comes again, as on AWS.
                    let _ = queue.deliver(&messages, &function).await;
                    drop(slot);
                });
            }
            Err(_) => sleep(Duration::from_millis(500)).await,
        }
    }
}

fn event(messages: &[Value], arn: &str) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes").cloned().unwrap_or_else(|| json!({})),
                "messageAttributes": message_attributes(message),
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": REGION,
            })
        })
        .collect();
    json!({"Records": records})
}

fn message_attributes(message: &Value) -> Map<String, Value> {
    let given = message["MessageAttributes"].as_object().cloned().unwrap_or_default();
    let shape = |attribute: &Value| {
        json!({
            "stringValue": attribute["StringValue"],
            "binaryValue": attribute["BinaryValue"],
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute["DataType"],
        })
    };
    given.iter().map(|(name, attribute)| (name.clone(), shape(attribute))).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(default)]
    batch_item_failures: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// The messages that the function gives back. `None` is an answer that AWS takes as the failure of the whole batch.
fn failed(answer: &[u8], batch: &BTreeSet<&str>) -> Option<HashSet<String>> {
    let report: Option<Report> = serde_json::from_slice(answer).ok()?;
    let failures = report.and_then(|report| report.batch_item_failures).unwrap_or_default();
    let ids: HashSet<String> =
        failures.into_iter().map(|failure| failure.item_identifier).collect();
    ids.iter().all(|id| batch.contains(id.as_str())).then_some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given_back(answer: &str) -> Option<Vec<String>> {
        let ids = failed(answer.as_bytes(), &BTreeSet::from(["m1", "m2"]))?;
        Some(ids.into_iter().collect())
    }

    #[test]
    fn an_empty_report_means_that_all_is_done() {
        for answer in ["null", "{}", r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#]
        {
            assert_eq!(given_back(answer), Some(vec![]), "{answer}");
        }
    }

    #[test]
    fn a_named_message_comes_again() {
        assert_eq!(
            given_back(r#"{"batchItemFailures":[{"itemIdentifier":"m2"}]}"#).unwrap(),
            ["m2"]
        );
    }

    #[test]
    fn a_report_that_makes_no_sense_keeps_the_whole_batch() {
        for answer in [
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"wrong":"m1"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"stranger"}]}"#,
            "oops",
        ] {
            assert_eq!(given_back(answer), None, "{answer}");
        }
    }

    #[test]
    fn a_message_becomes_a_record() {
        let message = json!({
            "MessageId": "m1",
            "ReceiptHandle": "h",
            "Body": "hello",
            "MD5OfBody": "5d41402abc4b2a76b9719d911017c592",
            "Attributes": {"ApproximateReceiveCount": "1"},
            "MessageAttributes": {"kind": {"StringValue": "mail", "DataType": "String"}},
        });

        let event = event(&[message], "arn:aws:sqs:us-east-1:000000000000:Mail");

        let record = &event["Records"][0];
        assert_eq!(record["body"], "hello");
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
        assert_eq!(record["messageAttributes"]["kind"]["stringValue"], "mail");
        assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:Mail");
    }
}
