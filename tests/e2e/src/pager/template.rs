//! The metric filters and alarms of `template.yaml`, with given parameters.

use super::alarm::{Alarm, Comparison, Missing, Query, Statistic};
use super::filter::{Filter, MetricValue, Pattern};
use super::timeline::{Metric, Timeline};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;
use std::collections::BTreeMap;

/// How often Sweep and Reconcile run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    Minute,
    Quarter,
    Hour,
}

impl Every {
    pub(super) const ALL: [Self; 3] = [Self::Minute, Self::Quarter, Self::Hour];

    pub(super) fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Quarter => 15,
            Self::Hour => 60,
        }
    }

    fn rate(self) -> &'static str {
        match self {
            Self::Minute => "rate(1 minute)",
            Self::Quarter => "rate(15 minutes)",
            Self::Hour => "rate(1 hour)",
        }
    }
}

/// What watches the shop.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    filters: Vec<Filter>,
    pub(super) alarms: Vec<Alarm>,
    /// The functions' instances, for the functions that reserve some.
    pub(super) reserved: BTreeMap<String, f64>,
}

impl Watch {
    /// With `SweepEvery`, the other parameters given, and the defaults of all others.
    pub(super) fn with(every: Every, given: &[(&str, &str)]) -> Self {
        let text = std::fs::read_to_string(stack::tools::workspace().join("template.yaml"));
        let yaml: Yaml = serde_yaml_ng::from_str(&text.unwrap()).unwrap();
        let mut parameters = BTreeMap::new();
        for (name, parameter) in yaml["Parameters"].as_mapping().unwrap() {
            let default = match &parameter["Default"] {
                Yaml::String(text) => text.clone(),
                Yaml::Number(number) => number.to_string(),
                _ => String::new(),
            };
            parameters.insert(name.as_str().unwrap().to_owned(), default);
        }
        let schedule = [("SweepEvery", every.rate())];
        let given = given.iter().chain(&schedule);
        parameters.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let template = Template { yaml, parameters };
        let mut watch = Self { filters: Vec::new(), alarms: Vec::new(), reserved: BTreeMap::new() };
        for (id, resource) in template.yaml["Resources"].as_mapping().unwrap() {
            let id = id.as_str().unwrap();
            if resource.get("Condition").is_some_and(|name| !template.holds(name.as_str().unwrap()))
            {
                continue;
            }
            let kind = resource["Type"].as_str().unwrap();
            let Some(own) = resource.get("Properties").and_then(|own| template.resolve(own)) else {
                continue;
            };
            match kind {
                "AWS::Logs::MetricFilter" => watch.filters.push(filter(&own)),
                "AWS::CloudWatch::Alarm" => watch.alarms.push(alarm(id, &own)),
                "AWS::Serverless::Function" => {
                    let reserved = own["ReservedConcurrentExecutions"].as_f64();
                    watch.reserved.extend(reserved.map(|reserved| (id.to_owned(), reserved)));
                }
                _ => {}
            }
        }
        watch
    }

    pub(super) fn alarm(&self, name: &str) -> &Alarm {
        let found = self.alarms.iter().find(|alarm| alarm.name == name);
        found.unwrap_or_else(|| panic!("there is no alarm {name}"))
    }

    /// Whether log lines are counted by a metric of this name.
    pub(super) fn counts(&self, metric: &str) -> bool {
        self.filters.iter().any(|filter| filter.metric.name == metric)
    }

    /// The names of the alarms that ring at the end of a minute.
    pub(super) fn ringing(&self, timeline: &Timeline, minute: i64) -> Vec<&str> {
        let ringing = self.alarms.iter().filter(|alarm| alarm.is_ringing(timeline, minute));
        ringing.map(|alarm| alarm.name.as_str()).collect()
    }

    /// Counts a line of a function's log, or of the gateway's.
    pub(super) fn read(&self, log: &str, line: &str, minute: i64, timeline: &mut Timeline) {
        for filter in &self.filters {
            filter.read(&format!("{log}Logs"), line, minute, timeline);
        }
    }
}

struct Template {
    yaml: Yaml,
    parameters: BTreeMap<String, String>,
}

impl Template {
    fn holds(&self, condition: &str) -> bool {
        let rule = &self.yaml["Conditions"][condition];
        assert!(!rule.is_null(), "there is no condition {condition}");
        self.is_true(rule)
    }

    fn is_true(&self, rule: &Yaml) -> bool {
        let Yaml::Tagged(rule) = rule else { panic!("{rule:?} is no condition") };
        let list = || rule.value.as_sequence().unwrap().iter();
        let tag = rule.tag.to_string();
        match tag.as_str() {
            "!Condition" => self.holds(rule.value.as_str().unwrap()),
            "!Equals" => {
                let mut sides = list().map(|side| self.resolve(side));
                sides.next() == sides.next()
            }
            "!Not" => list().all(|part| !self.is_true(part)),
            "!And" => list().all(|part| self.is_true(part)),
            "!Or" => list().any(|part| self.is_true(part)),
            other => panic!("{other} is no condition"),
        }
    }

    /// A value as JSON. A reference is the value of a parameter or the name of a resource.
    fn resolve(&self, value: &Yaml) -> Option<Value> {
        Some(match value {
            Yaml::Tagged(tagged) => {
                return self.resolve_tagged(&tagged.tag.to_string(), &tagged.value);
            }
            Yaml::Mapping(entries) => {
                let entry = |(key, value): (&Yaml, &Yaml)| {
                    Some((key.as_str()?.to_owned(), self.resolve(value)?))
                };
                Value::Object(entries.iter().filter_map(entry).collect::<Map<_, _>>())
            }
            Yaml::Sequence(items) => items.iter().filter_map(|item| self.resolve(item)).collect(),
            scalar => serde_json::to_value(scalar).unwrap(),
        })
    }

    fn resolve_tagged(&self, tag: &str, argument: &Yaml) -> Option<Value> {
        let text = || argument.as_str().unwrap_or_default();
        match tag {
            "!If" => {
                let chosen = if self.holds(argument[0].as_str().unwrap()) { 1 } else { 2 };
                self.resolve(&argument[chosen])
            }
            "!Ref" if text() == "AWS::NoValue" => None,
            "!Ref" => Some(json!(self.parameters.get(text()).map_or(text(), String::as_str))),
            "!GetAtt" => Some(json!(text().split('.').next())),
            "!Sub" => {
                let insert = |text: String, (name, value): (&String, &String)| {
                    text.replace(&format!("${{{name}}}"), value)
                };
                Some(json!(self.parameters.iter().fold(text().to_owned(), insert)))
            }
            "!Join" => Some(json!(self.resolve(&argument[1])?.as_str())),
            // Nothing that filters and alarms are made of.
            _ => Some(Value::Null),
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn metric(own: &Value) -> Metric {
    let of = own["Dimensions"][0]["Value"].as_str();
    Metric::new(text(&own["Namespace"]), text(&own["MetricName"]), of)
}

fn filter(own: &Value) -> Filter {
    let made = &own["MetricTransformations"][0];
    Filter {
        group: text(&own["LogGroupName"]).to_owned(),
        pattern: Pattern::parse(text(&own["FilterPattern"])),
        metric: Metric::new(text(&made["MetricNamespace"]), text(&made["MetricName"]), None),
        value: MetricValue::parse(text(&made["MetricValue"])),
    }
}

fn statistic(name: &Value) -> Statistic {
    match text(name) {
        "Sum" => Statistic::Sum,
        "Maximum" => Statistic::Maximum,
        "Average" => Statistic::Average,
        "p99" => Statistic::P99,
        other => panic!("{other} is not known"),
    }
}

fn alarm(id: &str, own: &Value) -> Alarm {
    let (mut queries, mut periods, mut compared) = (Vec::new(), Vec::new(), "m".to_owned());
    if let Some(parts) = own["Metrics"].as_array() {
        for part in parts {
            let name = text(&part["Id"]).to_owned();
            if part["ReturnData"] != false {
                compared.clone_from(&name);
            }
            let query = if let Some(expression) = part["Expression"].as_str() {
                Query::Expression(expression.to_owned())
            } else {
                let stat = &part["MetricStat"];
                periods.push(stat["Period"].as_i64().unwrap());
                Query::Stat(statistic(&stat["Stat"]), metric(&stat["Metric"]))
            };
            queries.push((name, query));
        }
    } else {
        let named = own.get("ExtendedStatistic").unwrap_or(&own["Statistic"]);
        periods.push(own["Period"].as_i64().unwrap());
        queries.push(("m".to_owned(), Query::Stat(statistic(named), metric(own))));
    }
    let period = periods[0];
    assert!(periods.iter().all(|other| *other == period), "{id} has several periods");
    let evaluation_periods = own["EvaluationPeriods"].as_u64().unwrap();
    let datapoints = own["DatapointsToAlarm"].as_u64().unwrap_or(evaluation_periods);
    let seconds = period * i64::try_from(evaluation_periods).unwrap();
    assert!(seconds <= 86_400, "{id} looks back for more than a day");
    Alarm {
        name: id.to_owned(),
        queries,
        compared,
        period_minutes: period / 60,
        evaluation_periods: usize::try_from(evaluation_periods).unwrap(),
        breaching_periods: usize::try_from(datapoints).unwrap(),
        threshold: own["Threshold"].as_f64().unwrap(),
        comparison: match text(&own["ComparisonOperator"]) {
            "GreaterThanThreshold" => Comparison::Greater,
            "LessThanThreshold" => Comparison::Less,
            other => panic!("{id}: {other} is not known"),
        },
        missing: match text(&own["TreatMissingData"]) {
            "breaching" => Missing::Breaching,
            "notBreaching" => Missing::NotBreaching,
            other => panic!("{id}: {other} is not known"),
        },
    }
}
