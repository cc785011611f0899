//! send-email.
