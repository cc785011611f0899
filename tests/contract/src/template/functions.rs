//! The settings of the functions: runtime, memory, concurrency, retries and deployment.

use super::Faults;
use super::shapes::{Resources, Shape};
use super::yaml::{Yaml, branches, items};
use serde_json::{Value, json};

/// Seconds after which API Gateway stops waiting for a function.
const GATEWAY_TIMEOUT: u64 = 30;
/// With less memory, and so less CPU, hashing a password takes three times as long.
const HASHING_MB: u64 = 1024;
/// The parameter that gives each function instances of its own.
pub(super) const RESERVED: &str = "ReservedConcurrency";
/// How many function instances a new account can have.
const NEW_ACCOUNT: u64 = 10;
/// It runs during a deployment, before the other functions are updated.
const MIGRATE: &str = "Migrate";

pub(super) fn say_how_they_run(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
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
                faults.push(format!("{id}: {key} is not {value}"));
            }
        }
        let logs = &yaml.template["Globals"]["Function"]["LoggingConfig"]["LogFormat"];
        if logs != "JSON" || own["LoggingConfig"].get("LogFormat").is_some_and(|own| own != "JSON")
        {
            faults.push(format!("{id}: logs are not JSON"));
        }
        let least = if id == "Accounts" { HASHING_MB } else { 512 };
        if yaml.number(own, "MemorySize") < least {
            faults.push(format!("{id}: MemorySize is below {least}"));
        }
        let timeout = yaml.number(own, "Timeout");
        let answers = kinds(own).any(|kind| kind == "HttpApi");
        if timeout == 0 || answers && timeout >= GATEWAY_TIMEOUT {
            faults.push(format!("{id}: Timeout is {timeout}"));
        }
        if yaml.template["Resources"][id]["Metadata"]["BuildMethod"] != "rust-cargolambda" {
            faults.push(format!("{id}: BuildMethod"));
        }
    }
    assert!(seen >= 10, "functions are missing");
    faults
}

pub(super) fn fit_the_database(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let with = Shape::with(yaml, RESERVED, "true").resources();
    let mut taken = 0;
    for (id, _) in yaml.functions() {
        match reserved(&with, id) {
            Some(most) if most > 0 => taken += most,
            _ => faults.push(format!("{id}: ReservedConcurrentExecutions")),
        }
    }
    let most = yaml.template["Parameters"]["DbMaxConnections"]["Default"].as_u64().unwrap();
    if taken * 10 > most * 8 {
        faults.push(format!("{taken} connections of {most}"));
    }
    // Without reservations, and if somebody raises them, the server itself counts: see `domain::db::ConnectionLimit`.
    let limit = json!({"Ref": "DbMaxConnections"});
    let variables = &yaml.properties(MIGRATE)["Environment"]["Variables"];
    if variables["DATABASE_MAX_CONNECTIONS"] != limit {
        faults.push(format!("{MIGRATE}: does not limit the connections"));
    }
    if !yaml.properties("Schema").as_object().is_some_and(|own| own.values().any(|it| *it == limit))
    {
        faults.push("Schema: does not run again for another DbMaxConnections".to_owned());
    }
    faults
}

/// A new account has ten instances, and all of them must stay without an owner.
pub(super) fn fit_a_new_account(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    if yaml.template["Parameters"][RESERVED]["Default"] != "false" {
        faults.push(format!("{RESERVED}: is not off by default"));
    }
    let without = Shape::with(yaml, RESERVED, "false").resources();
    let mut by_queues = 0;
    for (id, _) in yaml.functions() {
        if reserved(&without, id).is_some() {
            faults.push(format!("{id}: reserves instances of a new account"));
        }
        for event in events(&without[id]["Properties"]).filter(|event| event["Type"] == "SQS") {
            let most = event["Properties"]["ScalingConfig"]["MaximumConcurrency"].as_u64();
            by_queues += most.unwrap_or(NEW_ACCOUNT);
        }
    }
    if by_queues * 2 > NEW_ACCOUNT {
        faults.push(format!("queues may take {by_queues} of the {NEW_ACCOUNT} instances"));
    }
    faults
}

/// The instances that a function has of its own, in a shape of the template.
pub(super) fn reserved(resources: &Resources, function: &str) -> Option<u64> {
    resources[function]["Properties"]["ReservedConcurrentExecutions"].as_u64()
}

pub(super) fn state_their_tries(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let mut schedules = 0;
    for (id, own) in yaml.functions() {
        let ticks: Vec<_> = events(own).filter(|event| event["Type"] == "ScheduleV2").collect();
        for event in &ticks {
            schedules += 1;
            let event = &event["Properties"];
            if event["RetryPolicy"]["MaximumRetryAttempts"].as_u64().is_none() {
                faults.push(format!("{id}: its schedule has no MaximumRetryAttempts"));
            }
            if event["DeadLetterConfig"]["Arn"]["Fn::GetAtt"].as_str().is_none() {
                faults.push(format!("{id}: its schedule has no dead-letter queue"));
            }
        }
        let states_tries = if id == MIGRATE {
            is_called_once(yaml)
        } else {
            own["EventInvokeConfig"]["MaximumRetryAttempts"].as_u64().is_some()
        };
        let is_asynchronous = !ticks.is_empty() || kinds(own).next().is_none();
        if is_asynchronous && !states_tries {
            faults.push(format!("{id}: no MaximumRetryAttempts for asynchronous calls"));
        }
    }
    let every = &yaml.template["Parameters"]["SweepEvery"]["Default"];
    if schedules == 0 || every != "rate(1 minute)" {
        faults.push("SweepEvery is not rate(1 minute), or there is no schedule".to_owned());
    }
    faults
}

/// Whether `CloudFormation`'s calls are tried once, from the first one on. It calls the function, not the alias `live`, to which
/// the function's own setting applies.
fn is_called_once(yaml: &Yaml) -> bool {
    yaml.all("AWS::Lambda::EventInvokeConfig").any(|(id, config)| {
        let once = json!({
            "FunctionName": {"Ref": MIGRATE}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0,
        });
        config["Properties"] == once && yaml.template["Resources"]["Schema"]["DependsOn"] == id
    })
}

pub(super) fn deploy_with_care(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let preference = &yaml.template["Globals"]["Function"]["DeploymentPreference"];
    let kind = preference["Type"].as_str().unwrap_or_default();
    if preference["Enabled"] != json!({"Ref": "Canary"}) || !kind.starts_with("Canary") {
        faults.push("DeploymentPreference: no canary".to_owned());
    }
    for (id, own) in yaml.functions() {
        if yaml.of_function(own, "AutoPublishAlias") != "live" {
            faults.push(format!("{id}: AutoPublishAlias is not live"));
        }
        if id == MIGRATE {
            continue;
        }
        if yaml.template["Resources"][id]["DependsOn"] != "Schema" {
            faults.push(format!("{id}: does not depend on Schema"));
        }
        let rings: Vec<_> = items(&own["DeploymentPreference"]["Alarms"]).collect();
        if rings != [&json!({"Ref": format!("{id}Errors")})] {
            faults.push(format!("{id}: its canary is not rolled back by its Errors alarm"));
        }
    }
    let schema = yaml.properties("Schema");
    if schema["ServiceToken"] != json!({"Fn::GetAtt": format!("{MIGRATE}.Arn")}) {
        faults.push("Schema: does not call Migrate".to_owned());
    }
    if schema["Version"] != json!({"Ref": format!("{MIGRATE}.Version")}) {
        faults.push("Schema: does not run again for a new version of Migrate".to_owned());
    }
    faults
}

pub(super) fn events(own: &Value) -> impl Iterator<Item = &Value> {
    own["Events"].as_object().into_iter().flat_map(|events| events.values())
}

fn kinds(own: &Value) -> impl Iterator<Item = &str> {
    events(own).flat_map(|event| branches(&event["Type"])).filter_map(Value::as_str)
}
