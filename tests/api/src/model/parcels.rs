//! The parcels of the model's orders.

use super::state::{Model, Order, Outcome, PRODUCTS, Status};

#[derive(Clone, Debug)]
pub(super) struct Parcel {
    /// Of each product.
    pieces: [i32; PRODUCTS],
    state: ParcelState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ParcelState {
    Packed,
    Shipped,
    Cancelled,
}

impl Model {
    pub(super) fn ship(&mut self, index: usize) -> Outcome {
        let order = &mut self.orders[index];
        match order.status {
            // Repeating the same shipment succeeds.
            Status::Shipped => return Outcome::Accepted,
            Status::Pending | Status::Cancelled => return Outcome::Refused("illegal_move"),
            Status::Confirmed => {}
        }
        if let Some(refused) = order.keeps_its_goods() {
            return refused;
        }
        let left = order.all_left();
        if left != [0; PRODUCTS] {
            order.parcels.push(Parcel { pieces: left, state: ParcelState::Packed });
        }
        let parcels: Vec<_> = order.packed().collect();
        if parcels.is_empty() {
            return Outcome::Refused("nothing_to_ship");
        }
        for parcel in parcels {
            self.hand_over(index, parcel);
        }
        Outcome::Accepted
    }

    /// Puts pieces into a parcel, or all that is left.
    pub(super) fn fulfill(
        &mut self,
        index: usize,
        pieces: Option<[i32; PRODUCTS]>,
        is_packed: bool,
    ) -> Outcome {
        let order = &mut self.orders[index];
        if order.status != Status::Confirmed {
            return Outcome::Refused("illegal_move");
        }
        if let Some(refused) = order.keeps_its_goods() {
            return refused;
        }
        let left = order.all_left();
        if left == [0; PRODUCTS] {
            return Outcome::Refused("nothing_to_ship");
        }
        let pieces = pieces.unwrap_or(left);
        if pieces.iter().zip(left).any(|(wanted, left)| *wanted > left) {
            return Outcome::Refused("too_many_to_ship");
        }
        order.parcels.push(Parcel { pieces, state: ParcelState::Packed });
        let parcel = order.parcels.len() - 1;
        if !is_packed {
            self.hand_over(index, parcel);
        }
        Outcome::Accepted
    }

    pub(super) fn ship_parcel(&mut self, index: usize, parcel: usize) -> Outcome {
        let order = &mut self.orders[index];
        match order.parcels.get(parcel).map(|parcel| parcel.state) {
            None => return Outcome::NotAsked,
            Some(ParcelState::Shipped) => return Outcome::Accepted,
            Some(ParcelState::Cancelled) => return Outcome::Refused("illegal_fulfillment_move"),
            Some(ParcelState::Packed) => {}
        }
        if let Some(refused) = order.keeps_its_goods() {
            return refused;
        }
        self.hand_over(index, parcel);
        Outcome::Accepted
    }

    pub(super) fn cancel_parcel(&mut self, index: usize, parcel: usize) -> Outcome {
        let Some(parcel) = self.orders[index].parcels.get_mut(parcel) else {
            return Outcome::NotAsked;
        };
        if parcel.state == ParcelState::Shipped {
            return Outcome::Refused("illegal_fulfillment_move");
        }
        parcel.state = ParcelState::Cancelled;
        Outcome::Accepted
    }

    fn hand_over(&mut self, index: usize, parcel: usize) {
        let order = &mut self.orders[index];
        order.parcels[parcel].state = ParcelState::Shipped;
        for (level, pieces) in self.stock.iter_mut().zip(order.parcels[parcel].pieces) {
            level.on_hand -= pieces;
            level.reserved -= pieces;
        }
        order.ship_if_complete();
    }
}

impl Order {
    /// Why it cannot be shipped, whatever is left of it.
    fn keeps_its_goods(&self) -> Option<Outcome> {
        if self.is_on_hold() {
            return Some(Outcome::Refused("on_hold"));
        }
        let refunded: i64 = self.active_refunds().map(|refund| refund.amount).sum();
        (refunded >= self.captured()).then_some(Outcome::Refused("order_refunded"))
    }

    fn packed(&self) -> impl Iterator<Item = usize> {
        let parcels = self.parcels.iter().enumerate();
        parcels.filter(|(_, parcel)| parcel.state == ParcelState::Packed).map(|(index, _)| index)
    }

    fn pieces(&self, product: usize, states: &[ParcelState]) -> i32 {
        let parcels = self.parcels.iter().filter(|parcel| states.contains(&parcel.state));
        parcels.map(|parcel| parcel.pieces[product]).sum()
    }

    /// Pieces that were handed over.
    pub(super) fn shipped(&self, product: usize) -> i32 {
        self.pieces(product, &[ParcelState::Shipped])
    }

    pub(super) fn fulfilled(&self, product: usize) -> i32 {
        self.pieces(product, &[ParcelState::Packed, ParcelState::Shipped])
    }

    fn left(&self, product: usize) -> i32 {
        self.quantities[product] - self.fulfilled(product) - self.removed[product]
    }

    fn all_left(&self) -> [i32; PRODUCTS] {
        std::array::from_fn(|product| self.left(product))
    }

    pub(super) fn is_begun(&self) -> bool {
        self.parcels.iter().any(|parcel| parcel.state == ParcelState::Shipped)
    }

    pub(super) fn has_parcels(&self) -> bool {
        !self.parcels.is_empty()
    }

    pub(super) fn unpack(&mut self) {
        for parcel in self.packed().collect::<Vec<_>>() {
            self.parcels[parcel].state = ParcelState::Cancelled;
        }
    }

    fn ship_if_complete(&mut self) {
        let is_out =
            |product| self.shipped(product) + self.removed[product] == self.quantities[product];
        if self.status == Status::Confirmed && self.is_begun() && (0..PRODUCTS).all(is_out) {
            self.status = Status::Shipped;
        }
    }

    fn refunded_pieces(&self, product: usize) -> i32 {
        let lines = self.active_refunds().filter_map(|refund| refund.line);
        lines.filter(|(of, ..)| *of == product).map(|(_, quantity, _)| quantity).sum()
    }

    /// Shipped pieces whose money was not given back.
    pub(super) fn shipped_unpaid(&self, product: usize) -> i32 {
        self.shipped(product) - (self.refunded_pieces(product) - self.removed[product]).max(0)
    }

    /// How many refunded pieces it takes out of what is to be shipped. None if some of them are in a packed parcel.
    pub(super) fn remove(&mut self, product: usize, quantity: i32, restock: i32) -> Option<i32> {
        if self.status != Status::Confirmed {
            return Some(0);
        }
        let unpaid = (self.removed[product] - self.refunded_pieces(product)).max(0);
        let shipped = self.shipped_unpaid(product);
        let removed = (quantity - restock - unpaid).clamp(0, self.left(product));
        if quantity > removed + unpaid + shipped {
            return None;
        }
        self.removed[product] += removed;
        self.ship_if_complete();
        Some(removed)
    }
}
