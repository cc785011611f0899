//! What we promise others, and each other: the interface as published, the schema, the template, and who may depend on whom.
#![cfg(test)]

mod bodies;
mod budgets;
mod canaries;
mod constraints;
mod direction;
mod document;
mod events;
mod linted;
mod openapi;
mod ownership;
mod plans;
mod postman;
mod promises;
mod published;
mod purity;
mod routes;
mod settings;
mod shapes;
mod statements;
mod strange;
mod strangers;
mod street;
mod template;
mod workspace;
