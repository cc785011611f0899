//! sync-inventory.
