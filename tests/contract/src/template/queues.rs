//! Queues keep failed messages, and their consumers report failures one by one.

use super::Faults;
use super::functions::{RESERVED, events, reserved};
use super::shapes::Shape;
use super::yaml::{Yaml, items};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Seconds: the longest retention of SQS.
const FOURTEEN_DAYS: u64 = 1_209_600;
const FOUR_DAYS: u64 = 345_600;

/// An SQS event source and the function that consumes it.
struct Feed<'a> {
    function: &'a str,
    own: &'a Value,
    event: &'a Value,
}

fn feeds(yaml: &Yaml) -> BTreeMap<String, Feed<'_>> {
    let fed = yaml.functions().flat_map(|(function, own)| {
        let sources = events(own).filter(|event| event["Type"] == "SQS");
        sources.map(move |event| Feed { function, own, event: &event["Properties"] })
    });
    fed.map(|feed| (target(&feed.event["Queue"]), feed)).collect()
}

/// The logical id in `!GetAtt X.Arn`.
fn target(value: &Value) -> String {
    let path = value["Fn::GetAtt"].as_str().unwrap_or_default();
    path.split('.').next().unwrap_or_default().to_owned()
}

pub(super) fn keep_what_fails(yaml: &Yaml) -> Faults {
    let (mut faults, feeds) = (Vec::new(), feeds(yaml));
    let queues: BTreeMap<_, _> =
        yaml.all("AWS::SQS::Queue").map(|(id, queue)| (id, &queue["Properties"])).collect();
    assert!(queues.len() >= 4, "queues are missing");
    let over_tls = over_tls(yaml);
    for (id, queue) in &queues {
        let stays = queue["MessageRetentionPeriod"].as_u64().unwrap_or_default();
        match queue.get("RedrivePolicy") {
            Some(redrive) => {
                let dead = target(&redrive["deadLetterTargetArn"]);
                if redrive["maxReceiveCount"] != 5 || !queues.contains_key(dead.as_str()) {
                    faults.push(format!("{id}: RedrivePolicy"));
                }
                let named = format!("${{AWS::AccountId}}:{}", text(&queue["QueueName"]["Fn::Sub"]));
                let from = items(&yaml.properties(&dead)["RedriveAllowPolicy"]["sourceQueueArns"]);
                if !from.into_iter().any(|arn| text(&arn["Fn::Sub"]).ends_with(&named)) {
                    faults.push(format!("{dead}: RedriveAllowPolicy does not name {id}"));
                }
            }
            None if queue.get("RedriveAllowPolicy").is_none() => {
                faults.push(format!("{id}: has no dead-letter queue and is none"));
            }
            None if stays != FOURTEEN_DAYS => {
                faults.push(format!("{id}: keeps dead letters for less than 14 days"));
            }
            None => {}
        }
        if stays < FOUR_DAYS {
            faults.push(format!("{id}: keeps messages for less than 4 days"));
        }
        if queue["SqsManagedSseEnabled"] != true {
            faults.push(format!("{id}: is not encrypted"));
        }
        if !over_tls.contains(id) {
            faults.push(format!("{id}: allows plain HTTP"));
        }
        if let Some(feed) = feeds.get(*id) {
            let visibility = queue["VisibilityTimeout"].as_u64().unwrap_or(30);
            let window = feed.event["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or_default();
            if visibility < 6 * yaml.number(feed.own, "Timeout") + window {
                faults.push(format!("{id}: VisibilityTimeout {visibility} is too short"));
            }
        }
    }
    faults
}

/// The queues whose policy denies plain HTTP.
fn over_tls(yaml: &Yaml) -> Vec<&str> {
    let policies = yaml.all("AWS::SQS::QueuePolicy").filter(|(_, policy)| {
        let statement = &policy["Properties"]["PolicyDocument"]["Statement"][0];
        statement["Effect"] == "Deny"
            && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
    });
    policies
        .flat_map(|(_, policy)| items(&policy["Properties"]["Queues"]))
        .map(|id| text(&id["Ref"]))
        .collect()
}

pub(super) fn name_what_failed(yaml: &Yaml) -> Faults {
    let (mut faults, feeds) = (Vec::new(), feeds(yaml));
    assert!(feeds.len() >= 2, "consumers are missing");
    for Feed { function, event, .. } in feeds.values() {
        if event["FunctionResponseTypes"] != json!(["ReportBatchItemFailures"]) {
            faults.push(format!("{function}: does not report single failures"));
        }
        if event["BatchSize"] != 10 {
            faults.push(format!("{function}: BatchSize"));
        }
        for on in ["true", "false"] {
            let shape = Shape::with(yaml, RESERVED, on);
            let most = shape.resolve(&event["ScalingConfig"]["MaximumConcurrency"]);
            let most = most.and_then(|most| most.as_u64()).unwrap_or_default();
            // Lambda takes no less than 2.
            let reserved = reserved(&shape.resources(), function).unwrap_or(u64::MAX);
            if !(2..=reserved).contains(&most) {
                faults.push(format!("{function}: MaximumConcurrency {most} of {reserved}"));
            }
        }
    }
    faults
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
