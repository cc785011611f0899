//! stripe-gateway.
