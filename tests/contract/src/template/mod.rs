//! What template.yaml promises, one requirement a name, and that each of them refuses what it is there to refuse.

mod database;
mod doors;
mod functions;
mod queues;
mod rights;
mod watching;
mod yaml;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use yaml::Yaml;

/// What is wrong, each with its place. Empty, if the promise is kept.
type Complaints = Vec<String>;

/// A requirement: what breaks it in a template.
type Check = fn(&Yaml) -> Complaints;

/// The requirements by their names.
const REQUIREMENTS: [(&str, Check); 13] = [
    ("every_function_says_how_it_runs", functions::say_how_they_run),
    ("all_instances_leave_a_fifth_of_the_connections_to_people", functions::fit_the_database),
    ("every_queue_keeps_what_fails", queues::keep_what_fails),
    ("every_consumer_names_what_failed", queues::name_what_failed),
    ("every_route_is_declared_throttled_and_described", doors::are_declared),
    ("no_right_is_a_blank_cheque", rights::are_exact),
    ("secrets_are_fetched_and_never_written_down", rights::keep_secrets),
    ("the_database_is_for_the_functions_only", database::is_closed),
    ("logs_end_and_are_counted", watching::logs_end),
    ("somebody_hears_of_it", watching::alarms_ring),
    ("what_nobody_waits_for_is_tried_a_stated_number_of_times", functions::state_their_tries),
    ("a_deploy_migrates_first_and_can_go_back", functions::deploy_with_care),
    ("the_settings_of_the_deploy_hold_no_secret", rights::are_set_up_with_care),
];

/// Every requirement, with what breaks it.
fn broken() -> BTreeMap<String, Vec<Value>> {
    serde_yaml_ng::from_str(include_str!("broken.yaml")).unwrap()
}

macro_rules! kept {
    ($($requirement:ident)+) => {
        $(#[test]
        fn $requirement() {
            let name = stringify!($requirement);
            let (_, check) = REQUIREMENTS.iter().find(|(known, _)| *known == name).unwrap();
            let complaints = check(&Yaml::load());
            assert!(complaints.is_empty(), "{complaints:#?}");
        })+

        #[test]
        fn every_requirement_is_asked() {
            let asked = [$(stringify!($requirement)),+];
            assert_eq!(asked, REQUIREMENTS.map(|(name, _)| name));
        }
    };
}

kept! {
    every_function_says_how_it_runs
    all_instances_leave_a_fifth_of_the_connections_to_people
    every_queue_keeps_what_fails
    every_consumer_names_what_failed
    every_route_is_declared_throttled_and_described
    no_right_is_a_blank_cheque
    secrets_are_fetched_and_never_written_down
    the_database_is_for_the_functions_only
    logs_end_and_are_counted
    somebody_hears_of_it
    what_nobody_waits_for_is_tried_a_stated_number_of_times
    a_deploy_migrates_first_and_can_go_back
    the_settings_of_the_deploy_hold_no_secret
}

#[test]
fn every_requirement_refuses_what_breaks_it() {
    let broken = broken();
    let known: BTreeSet<_> = REQUIREMENTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(broken.keys().cloned().collect::<BTreeSet<_>>(), known, "broken.yaml");
    for (name, check) in REQUIREMENTS {
        for case in &broken[name] {
            let mut yaml = Yaml::load();
            yaml.put(case["at"].as_str().unwrap(), case.get("put").cloned());

            let complaints = check(&yaml);

            let expected = case["says"].as_str().unwrap();
            let said = complaints.iter().any(|complaint| complaint.contains(expected));
            assert!(said, "{name}, {}: {expected:?} is not among {complaints:#?}", case["at"]);
        }
    }
}
