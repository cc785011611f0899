//! Tests through the doors of the functions, in process.
#![cfg(test)]

mod accounts;
