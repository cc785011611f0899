//! Logs that end, lines that count, and alarms that ring.

use super::Complaints;
use super::yaml::{Yaml, items};
use serde_json::{Value, json};

/// What is counted in the logs: the words, and the metric's name.
const COUNTED: [(&str, &str); 8] = [
    ("{$.fields.outbox_seconds = *}", "OutboxSeconds"),
    ("{$.fields.events_seconds = *}", "EventsSeconds"),
    ("\"is parked\"", "ParkedEvents"),
    ("\"is signed out of time\"", "UntimelySignatures"),
    ("\"does not hold\"", "BrokenInvariants"),
    ("\"stock_discrepancy\"", "StockDiscrepancies"),
    ("\"auth_throttled\"", "ThrottledLogins"),
    ("{ $.status = \"429\" }", "TooManyRequests"),
];

pub(super) fn logs_end(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    for (id, own) in yaml.functions() {
        let logs = format!("{id}Logs");
        if own["LoggingConfig"]["LogGroup"] != json!({"Ref": logs}) {
            complaints.push(format!("{id}: writes into a log group that nobody declared"));
        }
        if yaml.properties(&logs).is_null() {
            complaints.push(format!("{id}: has no log group"));
        }
    }
    for (id, logs) in yaml.all("AWS::Logs::LogGroup") {
        if logs["Properties"]["RetentionInDays"] != 30 {
            complaints.push(format!("{id}: is not kept for 30 days"));
        }
        if logs["Properties"]["KmsKeyId"]["Fn::If"][0] != "HasKey" {
            complaints.push(format!("{id}: cannot have a key of yours"));
        }
    }
    for (words, metric) in COUNTED {
        let counted = yaml.all("AWS::Logs::MetricFilter").any(|(_, filter)| {
            let filter = &filter["Properties"];
            filter["FilterPattern"] == words
                && filter["MetricTransformations"][0]["MetricName"] == metric
        });
        if !counted {
            complaints.push(format!("nobody counts {words}"));
        }
        if !alarms(yaml, metric).any(|_| true) {
            complaints.push(format!("{metric}: is counted, and nobody hears"));
        }
    }
    complaints
}

pub(super) fn alarms_ring(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let heard =
        json!({"Fn::If": ["HasTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
    for (id, alarm) in yaml.all("AWS::CloudWatch::Alarm") {
        if alarm["Properties"]["AlarmActions"] != heard {
            complaints.push(format!("{id}: rings, and nobody hears"));
        }
    }
    // Thresholds are compared in thousandths.
    let mut need = |metric: &str, of: Value, most: u64, what: String| {
        let low = alarms(yaml, metric).any(|(about, threshold)| about == of && threshold <= most);
        if !low {
            complaints.push(what);
        }
    };
    for (id, own) in yaml.functions() {
        let of = json!({"Ref": id});
        need("Errors", of.clone(), 1_000, format!("{id}: fails, and nobody hears"));
        need(
            "Invocations",
            of.clone(),
            1_000,
            format!("{id}: errors are not measured by its calls"),
        );
        if id == "Migrate" {
            continue;
        }
        need("Throttles", of.clone(), 0, format!("{id}: is throttled, and nobody hears"));
        let late = yaml.number(own, "Timeout") * 800 * 1_000;
        need("Duration", of.clone(), late, format!("{id}: is slow, and nobody hears"));
        let reserved = yaml.number(own, "ReservedConcurrentExecutions");
        if reserved > 1 {
            let crowd = reserved * 800;
            need("ConcurrentExecutions", of, crowd, format!("{id}: is crowded, and nobody hears"));
        }
    }
    for (id, queue) in yaml.all("AWS::SQS::Queue") {
        let of = json!({"Fn::GetAtt": format!("{id}.QueueName")});
        if queue["Properties"].get("RedrivePolicy").is_some() {
            let old = "ApproximateAgeOfOldestMessage";
            need(old, of, 300_000, format!("{id}: is behind, and nobody hears"));
        } else {
            let any = "ApproximateNumberOfMessagesVisible";
            need(any, of, 0, format!("{id}: has dead letters, and nobody hears"));
        }
    }
    need("5xx", json!({"Ref": "Api"}), 1_000, "Api: fails, and nobody hears".to_owned());
    let crowd = "Cluster: is crowded, and nobody hears".to_owned();
    need("DatabaseConnections", json!({"Ref": "Cluster"}), 80_000, crowd);
    let pinned = "Proxy: is pinned, and nobody hears".to_owned();
    need("DatabaseConnectionsCurrentlySessionPinned", json!({"Ref": "Proxy"}), 0, pinned);
    if yaml.one("AWS::CloudWatch::Dashboard").is_null() {
        complaints.push("there is no dashboard".to_owned());
    }
    complaints
}

/// What alarms on a metric are about, and from where on they ring.
fn alarms<'a>(yaml: &'a Yaml, metric: &'a str) -> impl Iterator<Item = (Value, u64)> + 'a {
    yaml.all("AWS::CloudWatch::Alarm").flat_map(move |(_, alarm)| {
        let alarm = &alarm["Properties"];
        let inside = items(&alarm["Metrics"]).map(|part| &part["MetricStat"]["Metric"]);
        let named = std::iter::once(alarm).chain(inside);
        let named = named.filter(|one| one["MetricName"] == metric);
        let threshold = thousandths(&alarm["Threshold"]);
        named.map(move |one| (one["Dimensions"][0]["Value"].clone(), threshold)).collect::<Vec<_>>()
    })
}

/// `13.6` is 13,600.
fn thousandths(number: &Value) -> u64 {
    let written = number.to_string();
    let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
    format!("{whole}{part:0<3}").parse().unwrap_or(u64::MAX)
}
