//! The requests of the collection in their order: a request may use variables that earlier ones set.

mod account;
mod guest;
mod parcels;
mod returns;
mod upkeep;

/// What a request shows.
#[derive(Clone, Copy)]
pub(super) enum Caller {
    Anonymous,
    /// The secret of a checkout.
    Guest,
    /// A token, as all below.
    Customer,
    /// With the secret of a guest's checkout beside it.
    CustomerAndGuest,
    Staff,
}

/// One request.
pub(super) struct Step {
    pub(super) folder: &'static str,
    /// The operation id.
    pub(super) operation: &'static str,
    /// If none, the summary of the operation.
    pub(super) title: Option<&'static str>,
    /// If none, the path of the operation.
    pub(super) path: Option<&'static str>,
    pub(super) caller: Caller,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: Option<&'static str>,
    pub(super) status: u16,
    /// Variables to set, with the places of their values in the body of the response.
    pub(super) keep: &'static [(&'static str, &'static str)],
    /// JavaScript that runs before the request.
    pub(super) before: &'static [&'static str],
}

pub(super) fn all() -> impl Iterator<Item = &'static Step> {
    let of_buyers = account::STEPS.iter().chain(guest::STEPS);
    of_buyers.chain(parcels::STEPS).chain(returns::STEPS).chain(upkeep::STEPS)
}

const fn step(folder: &'static str, operation: &'static str, caller: Caller, status: u16) -> Step {
    Step {
        folder,
        operation,
        title: None,
        path: None,
        caller,
        headers: &[],
        body: None,
        status,
        keep: &[],
        before: &[],
    }
}
