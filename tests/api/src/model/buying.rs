//! What the model knows of prices, codes and checkouts, and how they become orders.

use super::holder::{Address, Holder, Key};
use super::state::{Model, Order, Outcome, PRICES, PRODUCTS, Status};

/// The most unpaid orders of an account.
const MAX_UNPAID: usize = 5;
/// The same under one address of guests.
const MAX_UNPAID_OF_GUESTS: usize = 2;
/// The most orders of guests from one place, within more time than a scenario takes.
const MAX_ORDERS_OF_GUESTS: usize = 6;
/// How many orders may have the scenario's discount of 10 %.
pub(super) const MOST_USES: usize = 3;
/// How many of them may be under one address.
pub(super) const MOST_USES_OF_BUYER: usize = 2;

/// What the buyer wishes to buy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Pieces of each product.
    pub(super) quantities: [i32; PRODUCTS],
    /// Whether it names the code of the discount.
    pub(super) has_code: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Checkout {
    pub(super) wish: Wish,
    /// The total that the buyer was told last, in cents.
    shown: i64,
    pub(super) status: CheckoutStatus,
    pub(super) holder: Holder,
    /// The account's checkout that took its lines over.
    pub(super) merged_into: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckoutStatus {
    Open,
    Completed,
    Cancelled,
}

impl Wish {
    fn is_empty(self) -> bool {
        self.quantities.iter().sum::<i32>() == 0
    }

    /// What a guest has chosen replaces what the account has, product by product.
    fn take_over(&mut self, guests: Self) {
        for (quantity, chosen) in self.quantities.iter_mut().zip(guests.quantities) {
            if chosen > 0 {
                *quantity = chosen;
            }
        }
        self.has_code |= guests.has_code;
    }

    /// The price of the pieces of each product.
    fn lines(self) -> [i64; PRODUCTS] {
        std::array::from_fn(|product| i64::from(self.quantities[product]) * PRICES[product])
    }
}

impl Model {
    /// How many orders have the discount: those that were cancelled have given it back.
    pub(super) fn uses(&self) -> usize {
        self.discounted().count()
    }

    fn discounted(&self) -> impl Iterator<Item = &Order> {
        let live = self.orders.iter().filter(|order| order.status != Status::Cancelled);
        live.filter(|order| order.discount > 0)
    }

    /// What the wish has off now: 10 %, half a cent rounded up.
    fn discount(&self, wish: Wish, holder: Holder) -> i64 {
        let subtotal = wish.lines().iter().sum::<i64>();
        let same =
            |address| self.discounted().filter(move |it| it.holder.address() == Some(address));
        let own = holder.address().map_or(0, |address| same(address).count());
        let has_left = self.uses() < MOST_USES && own < MOST_USES_OF_BUYER;
        if wish.has_code && has_left { (subtotal + 5) / 10 } else { 0 }
    }

    fn total(&self, wish: Wish, holder: Holder) -> i64 {
        wish.lines().iter().sum::<i64>() - self.discount(wish, holder)
    }

    /// Places an order whose buyer has just been told its total.
    pub(super) fn place_order(&mut self, wish: Wish) -> Outcome {
        self.place(wish, Holder::Account, self.total(wish, Holder::Account))
    }

    fn place(&mut self, wish: Wish, holder: Holder, expected: i64) -> Outcome {
        if holder.is_guest() && self.orders_of_guests >= MAX_ORDERS_OF_GUESTS {
            return Outcome::Refused("too_many_requests");
        }
        let mut after = self.stock;
        for (level, quantity) in after.iter_mut().zip(wish.quantities) {
            level.reserved += quantity;
        }
        let wanted = after.iter().zip(wish.quantities).filter(|(_, quantity)| *quantity > 0);
        if wanted.into_iter().any(|(level, _)| level.reserved > level.on_hand) {
            return Outcome::Refused("out_of_stock");
        }
        if self.total(wish, holder) != expected {
            return Outcome::Refused("total_changed");
        }
        if self.has_too_many_unpaid(holder) {
            return Outcome::Refused("too_many_unpaid");
        }
        let order = Order::new(wish.quantities, self.discount(wish, holder), holder);
        self.orders_of_guests += usize::from(holder.is_guest());
        self.stock = after;
        self.orders.push(order);
        Outcome::Accepted
    }

    fn has_too_many_unpaid(&self, holder: Holder) -> bool {
        let unpaid = self.orders.iter().filter(|order| order.status == Status::Pending);
        if holder.is_guest() {
            // Those that the account has taken over count as well.
            let joined = holder.address() == Some(Address::OfAccount);
            let counts =
                |order: &&Order| order.holder == holder || joined && order.holder == Holder::Joined;
            return unpaid.filter(counts).count() >= MAX_UNPAID_OF_GUESTS;
        }
        unpaid.filter(|order| !order.holder.is_guest()).count() >= MAX_UNPAID
    }

    /// Creates a checkout. That of the account becomes its current one.
    pub(super) fn wish(&mut self, wish: Wish, holder: Holder) -> Outcome {
        if holder == Holder::Account {
            self.current = Some(self.checkouts.len());
        }
        let (shown, status) = (self.total(wish, holder), CheckoutStatus::Open);
        self.checkouts.push(Checkout { wish, shown, status, holder, merged_into: None });
        Outcome::Accepted
    }

    pub(super) fn set_line(
        &mut self,
        index: usize,
        product: usize,
        quantity: i32,
        key: Key,
    ) -> Outcome {
        if let Err(refused) = self.checkouts[index].may_change(key) {
            return refused;
        }
        self.checkouts[index].wish.quantities[product] = quantity;
        self.show_total(index)
    }

    /// Names the address of the guest, or takes it out.
    pub(super) fn name(&mut self, index: usize, address: Option<Address>, key: Key) -> Outcome {
        let checkout = &mut self.checkouts[index];
        if let Err(refused) = checkout.may_change(key) {
            return refused;
        }
        if let Holder::Guest(named) = &mut checkout.holder {
            *named = address;
        } else if address.is_some() {
            return Outcome::Refused("invalid_value");
        }
        self.show_total(index)
    }

    /// The buyer is told the checkout's total.
    fn show_total(&mut self, index: usize) -> Outcome {
        let Checkout { wish, holder, .. } = self.checkouts[index];
        self.checkouts[index].shown = self.total(wish, holder);
        Outcome::Accepted
    }

    pub(super) fn cancel_checkout(&mut self, index: usize, key: Key) -> Outcome {
        let checkout = &mut self.checkouts[index];
        match checkout.may_change(key) {
            Err(Outcome::Refused("checkout_over")) => Outcome::Accepted,
            Err(refused) => refused,
            Ok(()) => {
                checkout.status = CheckoutStatus::Cancelled;
                Outcome::Accepted
            }
        }
    }

    /// Completes a checkout over the total that its buyer was told last.
    pub(super) fn complete(&mut self, index: usize, key: Key) -> Outcome {
        let Checkout { wish, shown, holder, .. } = self.checkouts[index];
        match self.checkouts[index].may_change(key) {
            Err(Outcome::Refused("checkout_completed")) => return Outcome::Accepted,
            Err(refused) => return refused,
            Ok(()) if !self.checkouts[index].is_ready() => {
                return Outcome::Refused("checkout_not_ready");
            }
            Ok(()) => {}
        }
        // A checkout that was taken over becomes an order of the account's.
        let placing = if holder == Holder::Joined { Holder::Account } else { holder };
        let outcome = self.place(wish, placing, shown);
        match outcome {
            Outcome::Accepted => self.checkouts[index].status = CheckoutStatus::Completed,
            Outcome::Refused("total_changed") => {
                self.show_total(index);
            }
            _ => {}
        }
        outcome
    }

    /// The account takes a guest's checkout over, with its secret or without.
    pub(super) fn claim_checkout(&mut self, index: usize, has_secret: bool) -> Outcome {
        let Checkout { wish, holder, merged_into, .. } = self.checkouts[index];
        if !holder.is_guest() {
            return self.show_total(index);
        }
        if !has_secret {
            return Outcome::Refused("checkout_not_found");
        }
        if let Some(into) = merged_into {
            return self.show_total(into);
        }
        if let Err(refused) = self.checkouts[index].may_change(Key::Right) {
            return refused;
        }
        let is_open = |index: &usize| self.checkouts[*index].status == CheckoutStatus::Open;
        let Some(current) = self.current.filter(is_open) else {
            self.checkouts[index].holder = Holder::Joined;
            self.current = Some(index);
            return self.show_total(index);
        };
        let guests = &mut self.checkouts[index];
        (guests.status, guests.merged_into) = (CheckoutStatus::Cancelled, Some(current));
        self.checkouts[current].wish.take_over(wish);
        self.show_total(current)
    }

    /// The account takes over what was ordered as a guest under its address.
    pub(super) fn claim_orders(&mut self) -> Outcome {
        let of_guest = Holder::Guest(Some(Address::OfAccount));
        let orders = self.orders.iter_mut().map(|order| &mut order.holder);
        let completed = self.checkouts.iter_mut();
        let completed = completed.filter(|it| it.status == CheckoutStatus::Completed);
        for holder in orders.chain(completed.map(|checkout| &mut checkout.holder)) {
            if *holder == of_guest {
                *holder = Holder::Joined;
            }
        }
        Outcome::Accepted
    }
}

impl Checkout {
    /// Whether nothing is missing that an order needs.
    pub(super) fn is_ready(&self) -> bool {
        let is_complete = !self.wish.is_empty() && self.holder.address().is_some();
        is_complete && self.status == CheckoutStatus::Open
    }

    /// Why a request that shows this does not change it.
    fn may_change(&self, key: Key) -> Result<(), Outcome> {
        match self.status {
            _ if !self.holder.opens(key) || self.merged_into.is_some() => {
                Err(Outcome::Refused("checkout_not_found"))
            }
            CheckoutStatus::Completed => Err(Outcome::Refused("checkout_completed")),
            CheckoutStatus::Cancelled => Err(Outcome::Refused("checkout_over")),
            CheckoutStatus::Open => Ok(()),
        }
    }
}

impl Order {
    fn lines(&self) -> [i64; PRODUCTS] {
        Wish { quantities: self.quantities, has_code: false }.lines()
    }

    pub(super) fn total(&self) -> i64 {
        self.lines().iter().sum::<i64>() - self.discount
    }

    /// What the buyer pays for the pieces of a product: the discount is shared out by price, and the cents that rounding down
    /// leaves go to the largest remainders.
    fn paid_for(&self, product: usize) -> i64 {
        let lines = self.lines();
        let subtotal: i64 = lines.iter().sum();
        let mut shares = lines.map(|line| self.discount * line / subtotal);
        let left = self.discount - shares.iter().sum::<i64>();
        let mut largest: Vec<usize> = (0..PRODUCTS).collect();
        largest.sort_by_key(|index| (-(self.discount * lines[*index] % subtotal), *index));
        for index in largest.into_iter().take(usize::try_from(left).unwrap()) {
            shares[index] += 1;
        }
        lines[product] - shares[product]
    }

    /// What so many pieces of a product give back, all together.
    pub(super) fn cumulative_refund(&self, product: usize, pieces: i32) -> i64 {
        self.paid_for(product) * i64::from(pieces) / i64::from(self.quantities[product])
    }
}
