//! How functions run, how many, how often they are tried, and how new ones take over.

use super::Complaints;
use super::yaml::{Yaml, branches, items};
use serde_json::{Value, json};

/// After this the gateway has given up.
const GATEWAY_WAITS: u64 = 30;
/// Hashing a password takes three times as long with less.
const HASHING_MB: u64 = 1024;
/// It runs before the others and stays as it is while they change.
const MIGRATE: &str = "Migrate";

pub(super) fn say_how_they_run(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let mut seen = 0;
    for (id, own) in yaml.functions() {
        seen += 1;
        for (key, value) in [
            ("Tracing", json!("Active")),
            ("Runtime", json!("provided.al2023")),
            ("Handler", json!("bootstrap")),
            ("Architectures", json!([{"Ref": "Architecture"}])),
        ] {
            if *yaml.of_function(own, key) != value {
                complaints.push(format!("{id}: {key} is not {value}"));
            }
        }
        let logs = &yaml.template["Globals"]["Function"]["LoggingConfig"]["LogFormat"];
        if logs != "JSON" || own["LoggingConfig"].get("LogFormat").is_some_and(|own| own != "JSON")
        {
            complaints.push(format!("{id}: logs are not JSON"));
        }
        let least = if id == "Accounts" { HASHING_MB } else { 512 };
        if yaml.number(own, "MemorySize") < least {
            complaints.push(format!("{id}: MemorySize is below {least}"));
        }
        let timeout = yaml.number(own, "Timeout");
        let answers = kinds(own).any(|kind| kind == "HttpApi");
        if timeout == 0 || answers && timeout >= GATEWAY_WAITS {
            complaints.push(format!("{id}: Timeout is {timeout}"));
        }
        if yaml.template["Resources"][id]["Metadata"]["BuildMethod"] != "rust-cargolambda" {
            complaints.push(format!("{id}: BuildMethod"));
        }
    }
    assert!(seen >= 10, "functions are missing");
    complaints
}

pub(super) fn fit_the_database(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let mut taken = 0;
    for (id, own) in yaml.functions() {
        match own["ReservedConcurrentExecutions"].as_u64() {
            Some(most) if most > 0 => taken += most,
            _ => complaints.push(format!("{id}: ReservedConcurrentExecutions")),
        }
    }
    let most = yaml.template["Parameters"]["DbMaxConnections"]["Default"].as_u64().unwrap();
    if taken * 10 > most * 8 {
        complaints.push(format!("{taken} connections of {most}"));
    }
    complaints
}

pub(super) fn state_their_tries(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let mut schedules = 0;
    for (id, own) in yaml.functions() {
        let ticks: Vec<_> = events(own).filter(|event| event["Type"] == "ScheduleV2").collect();
        for event in &ticks {
            schedules += 1;
            let event = &event["Properties"];
            if event["RetryPolicy"]["MaximumRetryAttempts"].as_u64().is_none() {
                complaints.push(format!("{id}: how often is a round tried again?"));
            }
            if event["DeadLetterConfig"]["Arn"]["Fn::GetAtt"].as_str().is_none() {
                complaints.push(format!("{id}: a round that never starts leaves no trace"));
            }
        }
        let asynchronous = !ticks.is_empty() || kinds(own).next().is_none();
        if asynchronous && own["EventInvokeConfig"]["MaximumRetryAttempts"].as_u64().is_none() {
            complaints.push(format!("{id}: how often is a call tried again?"));
        }
    }
    let every = &yaml.template["Parameters"]["SweepEvery"]["Default"];
    if schedules == 0 || every != "rate(1 minute)" {
        complaints.push("nobody sweeps every minute".to_owned());
    }
    complaints
}

pub(super) fn deploy_with_care(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let preference = &yaml.template["Globals"]["Function"]["DeploymentPreference"];
    let kind = preference["Type"].as_str().unwrap_or_default();
    if preference["Enabled"] != json!({"Ref": "Canary"}) || !kind.starts_with("Canary") {
        complaints.push("DeploymentPreference: no canary".to_owned());
    }
    for (id, own) in yaml.functions() {
        if yaml.of_function(own, "AutoPublishAlias") != "live" {
            complaints.push(format!("{id}: no alias to shift"));
        }
        if id == MIGRATE {
            continue;
        }
        if yaml.template["Resources"][id]["DependsOn"] != "Schema" {
            complaints.push(format!("{id}: changes before the schema does"));
        }
        let rings: Vec<_> = items(&own["DeploymentPreference"]["Alarms"]).collect();
        if rings != [&json!({"Ref": format!("{id}Errors")})] {
            complaints.push(format!("{id}: its canary would not be taken back"));
        }
    }
    let schema = yaml.properties("Schema");
    if schema["ServiceToken"] != json!({"Fn::GetAtt": format!("{MIGRATE}.Arn")}) {
        complaints.push("Schema: nobody migrates".to_owned());
    }
    if schema["Version"] != json!({"Ref": format!("{MIGRATE}.Version")}) {
        complaints.push("Schema: new migrations are not noticed".to_owned());
    }
    complaints
}

pub(super) fn events(own: &Value) -> impl Iterator<Item = &Value> {
    own["Events"].as_object().into_iter().flat_map(|events| events.values())
}

fn kinds(own: &Value) -> impl Iterator<Item = &str> {
    events(own).flat_map(|event| branches(&event["Type"])).filter_map(Value::as_str)
}
