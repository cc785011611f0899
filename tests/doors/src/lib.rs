//! What each function does, seen through its door, on a real database.
#![cfg(test)]

mod accounts;
mod catalog;
mod docs;
mod inventory;
mod migrate;
mod operations;
mod send_email;
mod sync_inventory;
