//! Each function through its HTTP routes or its queue messages, on a real PostgreSQL database.
#![cfg(test)]

mod accounts;
mod audit;
mod breaches;
mod budget;
mod catalog;
mod checkouts;
mod connection;
mod cross_cutting;
mod deploying;
mod docs;
mod factories;
mod faults;
mod guests;
mod inventory;
mod leaving;
mod migrate;
mod model;
mod operations;
mod order_lifecycle;
mod orders;
mod payments;
mod pricing;
mod reconcile;
mod send_email;
mod stripe_webhook;
mod sweep;
mod sync_inventory;
mod system_packages;
