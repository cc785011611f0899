//! Who acts in a transaction. Triggers read it: those of an order's history, and those of the audit log.

use super::{Ask, Tx, params, queries};
use crate::id::UserId;

queries! {
    ACT_AS: "set the actor of a transaction" = "select set_config('app.actor', $1::uuid::text, true)";

    ACT_AS_STAFF: "set the member of staff of a transaction" = "
        select set_config('app.actor', $1::uuid::text, true), set_config('app.staff', $1::uuid::text, true)";
}

impl Tx<'_> {
    /// Says who acts from now on. Leaves with the next statement.
    pub(crate) fn act_as(&self, user: UserId) {
        self.defer(Ask::write(&ACT_AS, params![user]));
    }

    /// Like [`Self::act_as`], for what a member of staff does as such: all changes from now on are written into the audit log.
    pub(crate) fn act_as_staff(&self, staff: UserId) {
        self.defer(Ask::write(&ACT_AS_STAFF, params![staff]));
    }
}
