//! Tests that concern the whole project: every route of the interface, the OpenAPI document, the database schema, `template.yaml`,
//! the sources, and the dependencies between crates and modules.
#![cfg(test)]

mod all_functions;
mod audited_routes;
mod authorization;
mod budgets;
mod constraints;
mod direction;
mod document;
mod events;
mod example_bodies;
mod floors;
mod generated_files;
mod held_responses;
mod invalid_bodies;
mod migrations;
mod no_network_in_transactions;
mod no_user_input_in_logs;
mod openapi;
mod postman;
mod promises;
mod query_plans;
mod redocly;
mod routes;
mod sam_build;
mod settings;
mod source_rules;
mod statements;
mod stripe_types;
mod table_owners;
mod template;
mod template_lint;
mod unicode_edge_cases;
mod workspace;
