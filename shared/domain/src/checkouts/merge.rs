//! Unites a guest's checkout with that of the account. Pure.

use super::cart::Cart;
use super::checkout::{Checkout, Wishes};
use crate::id::ProductId;
use crate::ordering::MAX_LINES;
use crate::pricing::{Problem, Wanted};

/// What comes of two checkouts.
pub(super) struct Merged {
    pub(super) wishes: Wishes,
    /// What only the account's had.
    added: Vec<ProductId>,
    /// What the account's had, and is in neither now.
    left_out: Vec<ProductId>,
}

/// The quantity of a product in both is the guest's, who has just seen it, and never the sum. So is all else that the guest has
/// wished for. Lines of the account that have another currency, or are too many, are left out.
pub(super) fn merge(current: &Checkout, guests: &Checkout) -> Merged {
    let (old, new) = (&current.wishes, &guests.wishes);
    let chosen = new.cart.products();
    let only_old = old.cart.lines().iter().filter(|line| !chosen.contains(&line.product));
    let fits = match (current.currency, guests.currency) {
        (Some(old), Some(new)) if old != new => 0,
        _ => MAX_LINES - new.cart.lines().len(),
    };
    let mut added: Vec<Wanted> = only_old.copied().collect();
    let left_out = added.split_off(fits.min(added.len()));
    let products = |lines: &[Wanted]| lines.iter().map(|line| line.product).collect();
    let (names, left_out) = (products(&added), products(&left_out));
    let mut lines: Vec<Wanted> = new.cart.lines().iter().copied().chain(added).collect();
    lines.sort_by_key(|line| line.product);
    let codes = if new.codes.is_empty() { &old.codes } else { &new.codes };
    let wishes = Wishes {
        email: None,
        cart: Cart::from_stored(lines),
        ship_to: new.ship_to.clone().or_else(|| old.ship_to.clone()),
        shipping_method: new.shipping_method.or(old.shipping_method),
        codes: codes.clone(),
        note: new.note.clone().or_else(|| old.note.clone()),
    };
    Merged { wishes, added: names, left_out }
}

impl Merged {
    /// What the buyer should know of it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let some =
            |products: &Vec<ProductId>| Some(products.clone()).filter(|some| !some.is_empty());
        let added = some(&self.added).map(|products| Problem::LinesAdded { products });
        let left_out = some(&self.left_out).map(|products| Problem::LinesLeftOut { products });
        added.into_iter().chain(left_out).collect()
    }
}

#[cfg(test)]
mod tests;
