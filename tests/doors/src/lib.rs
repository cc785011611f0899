//! What each function does, seen through its door, on a real database.
#![cfg(test)]

mod catalog;
mod docs;
mod migrate;
mod send_email;
mod sync_inventory;
