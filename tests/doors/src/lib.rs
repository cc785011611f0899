//! What each function does, seen through its door, on a real database.
#![cfg(test)]

mod accounts;
mod catalog;
mod docs;
mod migrate;
mod orders_more;
mod send_email;
mod sync_inventory;
