//! What must hold across crates: the schema, the document, the template.
#![cfg(test)]

mod constraints;
