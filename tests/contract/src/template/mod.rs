//! Requirements of `template.yaml`, one test each. `broken.yaml` lists changes that each of them must detect.

mod api_gateway;
mod database;
mod dependencies;
mod first_deploy;
mod functions;
mod monitoring;
mod parameters;
mod permissions;
mod queues;
mod server_log;
mod shapes;
mod yaml;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use yaml::Yaml;

/// What is wrong, each with its place. Empty if the requirement is met.
type Faults = Vec<String>;

/// A requirement, as a function that finds its violations in a template.
type Check = fn(&Yaml) -> Faults;

/// The requirements by their names.
const REQUIREMENTS: [(&str, Check); 17] = [
    ("every_function_says_how_it_runs", functions::say_how_they_run),
    ("all_instances_leave_a_fifth_of_the_connections_to_people", functions::fit_the_database),
    ("a_new_account_can_run_all_functions", functions::fit_a_new_account),
    ("every_queue_keeps_what_fails", queues::keep_what_fails),
    ("every_consumer_names_what_failed", queues::name_what_failed),
    ("every_route_is_declared_throttled_and_described", api_gateway::are_declared),
    ("no_right_is_a_blank_cheque", permissions::are_exact),
    ("secrets_are_fetched_and_never_written_down", permissions::keep_secrets),
    ("the_database_is_for_the_functions_only", database::is_closed),
    ("logs_end_and_are_counted", monitoring::logs_end),
    ("somebody_hears_of_it", monitoring::alarms_ring),
    ("what_nobody_waits_for_is_tried_a_stated_number_of_times", functions::state_their_tries),
    ("a_deploy_migrates_first_and_can_go_back", functions::deploy_with_care),
    ("the_settings_of_the_deploy_hold_no_secret", permissions::are_set_up_with_care),
    ("parameters_that_do_not_go_together_are_refused", parameters::go_together),
    ("the_first_deploy_has_what_it_needs_until_the_last_answer", first_deploy::has_what_it_needs),
    ("a_second_zone_needs_nothing_of_the_first", first_deploy::survives_a_zone),
];

/// The changes of `broken.yaml` by requirement.
fn broken() -> BTreeMap<String, Vec<Value>> {
    serde_yaml_ng::from_str(include_str!("broken.yaml")).unwrap()
}

macro_rules! requirement_tests {
    ($($requirement:ident)+) => {
        $(#[test]
        fn $requirement() {
            let name = stringify!($requirement);
            let (_, check) = REQUIREMENTS.iter().find(|(known, _)| *known == name).unwrap();
            let faults = check(&Yaml::load());
            assert!(faults.is_empty(), "{faults:#?}");
        })+

        #[test]
        fn every_requirement_is_asked() {
            let asked = [$(stringify!($requirement)),+];
            assert_eq!(asked, REQUIREMENTS.map(|(name, _)| name));
        }
    };
}

requirement_tests! {
    every_function_says_how_it_runs
    all_instances_leave_a_fifth_of_the_connections_to_people
    a_new_account_can_run_all_functions
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
    parameters_that_do_not_go_together_are_refused
    the_first_deploy_has_what_it_needs_until_the_last_answer
    a_second_zone_needs_nothing_of_the_first
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

            let faults = check(&yaml);

            let expected = case["says"].as_str().unwrap();
            let found = faults.iter().any(|fault| fault.contains(expected));
            assert!(found, "{name}, {}: {expected:?} is not among {faults:#?}", case["at"]);
        }
    }
}
