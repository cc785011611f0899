//! Log retention, metric filters and alarms.

use super::Faults;
use super::dependencies;
use super::functions::{RESERVED, events, reserved};
use super::shapes::Shape;
use super::yaml::{Yaml, items};
use serde_json::{Value, json};

/// The filter patterns of log metrics, with the names of the metrics.
const LOG_METRICS: [(&str, &str); 14] = [
    ("{$.fields.outbox_seconds = *}", "OutboxSeconds"),
    ("{$.fields.events_seconds = *}", "EventsSeconds"),
    ("\"is parked\"", "ParkedEvents"),
    ("\"as STRIPE_LIVEMODE asks\"", "WrongStripeMode"),
    ("\"is signed out of time\"", "UntimelySignatures"),
    ("\"is signed with another secret\"", "WrongSignatures"),
    ("\"does not hold\"", "BrokenInvariants"),
    ("\"could not be checked\"", "UncheckedInvariants"),
    ("\"differences with Stripe remain\"", "OpenFindings"),
    ("\"can never be sent\"", "FailingMails"),
    ("\"waits in the outbox\"", "FailingMails"),
    ("\"stock_discrepancy\"", "StockDiscrepancies"),
    ("\"auth_throttled\"", "ThrottledLogins"),
    ("{ $.status = \"429\" }", "TooManyRequests"),
];

/// The answers of a function that are its own fault, though Lambda counts no error.
const FAULTS: &str = "{ ($.fields.status = 500) || ($.fields.message = \"misconfigured\") }";
/// The value of the alarm that takes a canary back, of functions that answer requests.
const FAILED_OR_FAULTY: &str = "100 * (errors + FILL(faults, 0)) / calls";

pub(super) fn logs_end(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    for (id, own) in yaml.functions() {
        let logs = format!("{id}Logs");
        if own["LoggingConfig"]["LogGroup"] != json!({"Ref": logs}) {
            faults.push(format!("{id}: does not log to its declared log group"));
        }
        if yaml.properties(&logs).is_null() {
            faults.push(format!("{id}: has no log group"));
        }
    }
    for (id, logs) in yaml.all("AWS::Logs::LogGroup") {
        if logs["Properties"]["RetentionInDays"] != 30 {
            faults.push(format!("{id}: is not kept for 30 days"));
        }
        if logs["Properties"]["KmsKeyId"]["Fn::If"][0] != "HasKey" {
            faults.push(format!("{id}: takes no KMS key"));
        }
    }
    faults.extend(database_logs(yaml));
    for (pattern, metric) in LOG_METRICS {
        let counted = yaml.all("AWS::Logs::MetricFilter").any(|(_, filter)| {
            let filter = &filter["Properties"];
            filter["FilterPattern"] == pattern
                && filter["MetricTransformations"][0]["MetricName"] == metric
        });
        if !counted {
            faults.push(format!("no metric filter for {pattern}"));
        }
        if !alarms(yaml, metric).any(|_| true) {
            faults.push(format!("{metric}: no alarm"));
        }
    }
    faults
}

/// RDS creates the group of what it exports, without an end to its lines, unless it is there before the first line.
fn database_logs(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    // The name of a group, and the resources that write to it.
    let mut groups = Vec::new();
    for (cluster, own) in yaml.all("AWS::RDS::DBCluster") {
        for kind in items(&own["Properties"]["EnableCloudwatchLogsExports"]) {
            let kind = kind.as_str().unwrap_or_default();
            let name = json!({"Fn::Sub": format!("/aws/rds/cluster/${{{cluster}}}/{kind}")});
            let instances = yaml.all("AWS::RDS::DBInstance").filter(|(_, instance)| {
                instance["Properties"]["DBClusterIdentifier"] == json!({"Ref": cluster})
            });
            groups.push((name, instances.map(|(id, _)| id).collect::<Vec<_>>()));
        }
    }
    for (proxy, own) in yaml.all("AWS::RDS::DBProxy") {
        let name = own["Properties"]["DBProxyName"]["Fn::Sub"].as_str().unwrap_or_default();
        groups.push((json!({"Fn::Sub": format!("/aws/rds/proxy/{name}")}), vec![proxy]));
    }
    let all = yaml.template["Resources"].as_object().unwrap().clone().into_iter().collect();
    for (name, writers) in groups {
        let declared = yaml
            .all("AWS::Logs::LogGroup")
            .find(|(_, group)| group["Properties"]["LogGroupName"] == name);
        let Some((group, _)) = declared else {
            faults.push(format!("no log group {name}"));
            continue;
        };
        for writer in writers {
            if !dependencies::of(&all, writer).contains(group) {
                faults.push(format!("{writer}: may write to {group} before it is there"));
            }
        }
    }
    faults
}

pub(super) fn alarms_ring(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let heard =
        json!({"Fn::If": ["HasTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
    for (id, alarm) in yaml.all("AWS::CloudWatch::Alarm") {
        if alarm["Properties"]["AlarmActions"] != heard {
            faults.push(format!("{id}: has no action"));
        }
    }
    faults.extend(crowded(yaml));
    for (id, own) in yaml.functions() {
        let answers = events(own).any(|event| event["Type"] == "HttpApi");
        if answers && !hears_of_faults(yaml, id) {
            faults.push(format!("{id}: its Errors alarm does not count the answers with 500"));
        }
    }
    // An alarm on the metric of a resource, with a threshold of at most `most` thousandths.
    let mut need = |metric: &str, of: Value, most: u64, what: String| {
        let low = alarms(yaml, metric).any(|(about, threshold)| about == of && threshold <= most);
        if !low {
            faults.push(what);
        }
    };
    for (id, own) in yaml.functions() {
        let of = json!({"Ref": id});
        need("Errors", of.clone(), 1_000, format!("{id}: no alarm on Errors"));
        need("Invocations", of.clone(), 1_000, format!("{id}: no alarm on errors per invocation"));
        if id == "Migrate" {
            continue;
        }
        need("Throttles", of.clone(), 0, format!("{id}: no alarm on Throttles"));
        let late = yaml.number(own, "Timeout") * 800 * 1_000;
        need("Duration", of.clone(), late, format!("{id}: no alarm on Duration"));
    }
    for (id, queue) in yaml.all("AWS::SQS::Queue") {
        let of = json!({"Fn::GetAtt": format!("{id}.QueueName")});
        if queue["Properties"].get("RedrivePolicy").is_some() {
            let old = "ApproximateAgeOfOldestMessage";
            need(old, of, 300_000, format!("{id}: no alarm on the age of its messages"));
        } else {
            let any = "ApproximateNumberOfMessagesVisible";
            need(any, of, 0, format!("{id}: no alarm on its messages"));
        }
    }
    need("5xx", json!({"Ref": "Api"}), 1_000, "Api: no alarm on 5xx".to_owned());
    let connections = "Cluster: no alarm on DatabaseConnections".to_owned();
    // The functions are refused more than 80 %, so that an alarm at 80 % would not ring.
    need("DatabaseConnections", json!({"Ref": "Cluster"}), 75_000, connections);
    let pinned = "Proxy: no alarm on pinned sessions".to_owned();
    need("DatabaseConnectionsCurrentlySessionPinned", json!({"Ref": "Proxy"}), 0, pinned);
    if yaml.one("AWS::CloudWatch::Dashboard").is_null() {
        faults.push("there is no dashboard".to_owned());
    }
    faults
}

/// Whether the alarm of a canary counts what its function answers with a fault.
fn hears_of_faults(yaml: &Yaml, id: &str) -> bool {
    let name = format!("{id}Faults");
    let filter = yaml.properties(&name);
    let made = &filter["MetricTransformations"][0];
    let alarm = &yaml.properties(&format!("{id}Errors"))["Metrics"];
    let of = |part: &str| items(alarm).find(|one| one["Id"] == part).unwrap_or(&Value::Null);
    filter["LogGroupName"] == json!({"Ref": format!("{id}Logs")})
        && filter["FilterPattern"] == FAULTS
        && made["MetricName"] == *name
        && made["MetricValue"] == "1"
        && of("faults")["MetricStat"]["Metric"]
            == json!({"Namespace": made["MetricNamespace"], "MetricName": name})
        && of("rate")["Expression"] == FAILED_OR_FAULTY
}

/// Alarms on the instances that a function has of its own, and on none that it has not.
fn crowded(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    for on in ["true", "false"] {
        let resources = Shape::with(yaml, RESERVED, on).resources();
        let alarms = |function: &str| {
            let of = json!({"Ref": function});
            let alarms = resources.values().map(|resource| &resource["Properties"]);
            let alarms = alarms.filter(|alarm| alarm["MetricName"] == "ConcurrentExecutions");
            let alarms = alarms.filter(|alarm| alarm["Dimensions"][0]["Value"] == of);
            alarms.cloned().collect::<Vec<_>>()
        };
        for (id, _) in yaml.functions() {
            let alarms = alarms(id);
            match reserved(&resources, id) {
                Some(reserved) if reserved > 1 => {
                    let rings = |alarm: &Value| thousandths(&alarm["Threshold"]) <= reserved * 800;
                    if !alarms.iter().any(rings) {
                        faults.push(format!("{id}: no alarm on ConcurrentExecutions"));
                    }
                    let number = format!("the {reserved} reserved instances");
                    let says = |alarm: &Value| {
                        alarm["AlarmDescription"]
                            .as_str()
                            .is_some_and(|text| text.contains(&number))
                    };
                    if !alarms.iter().all(says) {
                        faults.push(format!("{id}: its alarm names another number of instances"));
                    }
                }
                Some(_) => {}
                None if alarms.is_empty() => {}
                None => {
                    faults.push(format!("{id}: an alarm on instances that it does not reserve"));
                }
            }
        }
    }
    faults
}

/// The dimension values and thresholds, in thousandths, of all alarms on a metric.
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
