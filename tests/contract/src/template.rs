//! What template.yaml promises about every function, queue and right.

use crate::routes::template;
use crate::workspace;
use serde_yaml_ng::Value;
use std::time::Duration;

/// Two weeks: as long as SQS keeps anything.
const DEAD_LETTERS_STAY: u64 = 1_209_600;
/// What secrets begin with.
const SECRET_LOOKS: [&str; 7] =
    ["sk_live", "sk_test", "rk_live", "rk_test", "whsec_", "AKIA", "-----BEGIN"];

/// The template as it stands in the file.
struct Yaml(Value);

impl Yaml {
    fn load() -> Self {
        Self(serde_yaml_ng::from_str(&workspace::read("template.yaml")).unwrap())
    }

    /// Logical ids and properties of all resources of a kind.
    fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.0["Resources"].as_mapping().unwrap().iter();
        let of_kind = resources.filter(move |(_, resource)| resource["Type"] == kind);
        of_kind.map(|(id, resource)| (id.as_str().unwrap(), &resource["Properties"]))
    }

    /// A property of a function, its own or of Globals.
    fn of_function<'a>(&'a self, own: &'a Value, key: &str) -> Option<&'a Value> {
        own.get(key).or_else(|| self.0["Globals"]["Function"].get(key))
    }

    /// Every scalar text with the keys that lead to it.
    fn texts(&self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        collect(&self.0, String::new(), &mut texts);
        assert!(texts.len() > 200, "texts are missing");
        texts
    }
}

fn collect(value: &Value, place: String, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => texts.push((place, text.clone())),
        Value::Tagged(tagged) => collect(&tagged.value, place, texts),
        Value::Sequence(items) => {
            for item in items {
                collect(item, place.clone(), texts);
            }
        }
        Value::Mapping(entries) => {
            for (key, below) in entries {
                collect(below, format!("{place}.{}", key.as_str().unwrap_or("?")), texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What stands behind a tag such as `!Ref`, `!GetAtt` or `!Sub`.
fn behind(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    }
}

#[test]
fn every_function_says_how_long_how_much_and_how_many() {
    let yaml = Yaml::load();
    let functions: Vec<_> = yaml.all("AWS::Serverless::Function").collect();
    assert!(functions.len() >= 10);
    for (id, own) in functions {
        for key in ["Timeout", "MemorySize", "ReservedConcurrentExecutions"] {
            let number = yaml.of_function(own, key).and_then(Value::as_u64);
            assert!(number.is_some_and(|number| number > 0), "{id} lacks {key}");
        }
        for (key, value) in
            [("Tracing", "Active"), ("Runtime", "provided.al2023"), ("Handler", "bootstrap")]
        {
            assert_eq!(yaml.of_function(own, key).map(behind), Some(value), "{id}: {key}");
        }
        assert_eq!(yaml.0["Resources"][id]["Metadata"]["BuildMethod"], "rust-cargolambda", "{id}");
    }
}

#[test]
fn every_function_has_logs_that_end() {
    let yaml = Yaml::load();
    for (id, _) in yaml.all("AWS::Serverless::Function") {
        let name = format!("/aws/lambda/${{{id}}}");
        let logs =
            yaml.all("AWS::Logs::LogGroup").find(|(_, logs)| behind(&logs["LogGroupName"]) == name);
        assert!(logs.is_some(), "{id} has no log group {name}");
    }
    for (id, logs) in yaml.all("AWS::Logs::LogGroup") {
        assert!(logs["RetentionInDays"].as_u64().is_some(), "{id} is kept for ever");
    }
}

#[test]
fn all_instances_together_leave_a_fifth_of_the_connections_to_people() {
    let functions = template().functions;
    let taken: usize = functions.values().filter_map(|one| one.reserved_concurrency).sum();
    let most = Yaml::load().0["Parameters"]["DbMaxConnections"]["Default"].as_u64().unwrap();
    let most: usize = most.try_into().unwrap();
    assert!(taken * 10 <= most * 8, "{taken} connections of {most}");
}

#[test]
fn every_function_that_answers_http_is_done_before_the_gateway_gives_up() {
    for (route, function) in template().routes() {
        assert!(function.timeout < Duration::from_secs(30), "{} {}", function.id, route.path);
    }
}

#[test]
fn every_consumer_has_time_and_names_what_failed() {
    let template = template();
    let mut fed = 0;
    for function in template.functions.values() {
        for source in &function.sources {
            let (id, queue) = (&function.id, &template.queues[&source.queue]);
            assert!(
                queue.visibility_timeout >= 6 * function.timeout,
                "{} returns too soon",
                queue.id
            );
            assert!(source.reports_failures, "{id} fails whole batches");
            let most = source.max_concurrency.unwrap_or_default();
            let reserved = function.reserved_concurrency.unwrap_or_default();
            assert!((2..=reserved).contains(&most), "{id}: {most} at once, {reserved} reserved");
            fed += 1;
        }
    }
    assert!(fed >= 2, "consumers are missing");
}

#[test]
fn every_queue_has_dead_letters_that_wait_for_two_weeks_and_ring_a_bell() {
    let (template, yaml) = (template(), Yaml::load());
    let dead: Vec<_> =
        template.queues.values().filter_map(|queue| queue.redrive.as_ref()).collect();
    let is_dead = |id: &str| dead.iter().any(|redrive| redrive.dead_letters == id);
    for (id, queue) in &template.queues {
        match &queue.redrive {
            Some(redrive) => assert_eq!(redrive.after_receives, 5, "{id}"),
            None => assert!(is_dead(id), "{id} has no dead letters"),
        }
        assert_eq!(yaml.0["Resources"][id]["Properties"]["SqsManagedSseEnabled"], true, "{id}");
        let stay = yaml.0["Resources"][id]["Properties"]["MessageRetentionPeriod"].as_u64();
        assert!(stay >= Some(345_600), "{id} forgets within four days");
        if is_dead(id) {
            assert_eq!(stay, Some(DEAD_LETTERS_STAY), "{id}");
            assert!(rings(&yaml, id), "nobody hears of {id}");
        }
    }
}

/// Whether an alarm goes off as soon as one message lies in a queue.
fn rings(yaml: &Yaml, queue: &str) -> bool {
    yaml.all("AWS::CloudWatch::Alarm").any(|(_, alarm)| {
        alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
            && behind(&alarm["Dimensions"][0]["Value"]) == format!("{queue}.QueueName")
            && alarm["Threshold"] == 0
            && alarm["ComparisonOperator"] == "GreaterThanThreshold"
    })
}

#[test]
fn every_queue_takes_letters_over_tls_only() {
    let yaml = Yaml::load();
    let policies = yaml.all("AWS::SQS::QueuePolicy").filter(|(_, policy)| {
        let statement = &policy["PolicyDocument"]["Statement"][0];
        statement["Effect"] == "Deny"
            && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
    });
    let covered =
        policies.flat_map(|(_, policy)| policy["Queues"].as_sequence().into_iter().flatten());
    let covered: Vec<_> = covered.map(behind).collect();
    for (id, _) in yaml.all("AWS::SQS::Queue") {
        assert!(covered.contains(&id), "{id} is open to plain HTTP");
    }
}

#[test]
fn no_right_is_a_blank_cheque() {
    for (place, text) in Yaml::load().texts() {
        let is_action = place.ends_with(".Action") || place.ends_with(".NotAction");
        assert!(!is_action || !text.contains('*'), "{place}: {text}");
        let grants_all = place.ends_with(".Resource") && text == "*";
        assert!(!grants_all, "{place}: {text}");
    }
}

#[test]
fn no_secret_stands_in_the_template() {
    for (place, text) in Yaml::load().texts() {
        let looks = SECRET_LOOKS.iter().any(|look| text.contains(look));
        let digits = text.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
        assert!(!looks && !digits, "{place} looks like a secret");
    }
    let yaml = Yaml::load();
    for (id, parameter) in yaml.0["Parameters"].as_mapping().unwrap() {
        let id = id.as_str().unwrap();
        let secret = ["Password", "Secret", "Key"].iter().any(|word| id.ends_with(word));
        assert!(!secret || parameter["NoEcho"] == true, "{id} would be shown to everybody");
    }
}

#[test]
fn no_route_catches_what_nobody_asked_for() {
    for (route, function) in template().routes() {
        let caught = route.method == "ANY" || route.path.contains('+') || route.path.contains('$');
        assert!(!caught, "{}: {} {}", function.id, route.method, route.path);
        assert_eq!(route.api.as_deref(), Some("Api"), "{} has a gateway of its own", function.id);
    }
}

#[test]
fn the_gateway_throttles_and_keeps_a_log_without_bodies() {
    let yaml = Yaml::load();
    let api = &yaml.0["Resources"]["Api"]["Properties"];
    assert!(api["DefaultRouteSettings"]["ThrottlingRateLimit"].as_u64().is_some());
    assert_eq!(api["FailOnWarnings"], true);
    let routes = template();
    let keys: Vec<_> =
        routes.routes().map(|(route, _)| format!("{} {}", route.method, route.path)).collect();
    for (key, settings) in api["RouteSettings"].as_mapping().unwrap() {
        let key = key.as_str().unwrap();
        assert!(keys.iter().any(|known| known == key), "there is no route {key} to throttle");
        assert!(settings["ThrottlingRateLimit"].as_u64().is_some(), "{key}");
    }
    let format = api["AccessLogSettings"]["Format"].as_str().unwrap();
    for word in ["requestId", "routeKey", "status"] {
        assert!(format.contains(&format!("$context.{word}")), "{word}");
    }
}

#[test]
fn a_schedule_that_fails_waits_for_its_next_turn() {
    let yaml = Yaml::load();
    for (id, function) in yaml.all("AWS::Serverless::Function") {
        for (name, event) in function["Events"].as_mapping().into_iter().flatten() {
            if event["Type"] == "ScheduleV2" {
                let tries = event["Properties"]["RetryPolicy"]["MaximumRetryAttempts"].as_u64();
                assert!(tries.is_some(), "{id}, {name:?}: how often is it tried again?");
            }
        }
    }
}
