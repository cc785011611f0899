//! What each function does, seen through its door, on a real database.
#![cfg(test)]

mod accounts;
mod breaches;
mod budget;
mod catalog;
mod connection;
mod docs;
mod factories;
mod faults;
mod inventory;
mod migrate;
mod model;
mod operations;
mod orders;
mod orders_more;
mod payments;
mod reconcile;
mod send_email;
mod stripe_webhook;
mod sweep;
mod sync_inventory;
mod tier_a;
