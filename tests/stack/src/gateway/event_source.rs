//! An event source mapping: polls a queue, invokes a function with the messages, and deletes those it has processed.

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

/// An aborted poll may have received messages, which then are invisible for a while. So polls are short.
const LONG_POLL_SECONDS: u32 = 2;
/// AWS starts with five pollers.
const POLLERS: usize = 5;

pub(super) struct EventSourceMapping {
    sqs: Sqs,
    url: String,
    arn: String,
    source: Source,
}

impl EventSourceMapping {
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
        let input = json!({
            "QueueUrl": self.url,
            "MaxNumberOfMessages": self.source.batch_size.clamp(1, 10),
            "WaitTimeSeconds": LONG_POLL_SECONDS,
            "MessageSystemAttributeNames": ["All"],
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        let output = self.sqs.call("ReceiveMessage", &input).await?;
        Ok(output["Messages"].as_array().cloned().unwrap_or_default())
    }

    async fn deliver(&self, messages: &[Value], function: &Function) -> Result<(), aws::Error> {
        let event = event(messages, &self.arn).to_string();
        // Without a response the whole batch stays in the queue and becomes visible again.
        let Ok(response) = function.invoke(event.into()).await else { return Ok(()) };
        let ids: BTreeSet<&str> =
            messages.iter().filter_map(|message| message["MessageId"].as_str()).collect();
        let failed = if self.source.reports_failures {
            failed(&response.bytes, &ids)
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
            let input = json!({"QueueUrl": self.url, "Entries": entries});
            self.sqs.call("DeleteMessageBatch", &input).await?;
        }
        Ok(())
    }
}

/// Polls for as long as the gateway runs, with at most `concurrency` batches in flight.
pub(super) async fn poll(mapping: EventSourceMapping, function: Arc<Function>, concurrency: usize) {
    let slots = concurrency.min(mapping.source.max_concurrency.unwrap_or(POLLERS)).max(1);
    let slots = Arc::new(Semaphore::new(slots));
    let mapping = Arc::new(mapping);
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        match mapping.receive().await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let (mapping, function) = (mapping.clone(), function.clone());
                tokio::spawn(async move {
                    // Messages that could not be deleted are received again, as on AWS.
                    let _ = mapping.deliver(&messages, &function).await;
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

/// The ids of the messages that the function reports as failed. `None` if AWS would fail the whole batch: the response
/// is malformed or names an id that is not in the batch.
fn failed(response: &[u8], batch: &BTreeSet<&str>) -> Option<HashSet<String>> {
    let report: Option<Report> = serde_json::from_slice(response).ok()?;
    let failures = report.and_then(|report| report.batch_item_failures).unwrap_or_default();
    let ids: HashSet<String> =
        failures.into_iter().map(|failure| failure.item_identifier).collect();
    ids.iter().all(|id| batch.contains(id.as_str())).then_some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed_ids(response: &str) -> Option<Vec<String>> {
        let ids = failed(response.as_bytes(), &BTreeSet::from(["m1", "m2"]))?;
        Some(ids.into_iter().collect())
    }

    #[test]
    fn an_empty_report_means_that_all_is_done() {
        for answer in ["null", "{}", r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#]
        {
            assert_eq!(failed_ids(answer), Some(vec![]), "{answer}");
        }
    }

    #[test]
    fn a_named_message_comes_again() {
        assert_eq!(
            failed_ids(r#"{"batchItemFailures":[{"itemIdentifier":"m2"}]}"#).unwrap(),
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
            assert_eq!(failed_ids(answer), None, "{answer}");
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
