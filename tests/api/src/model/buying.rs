//! What the model knows of prices, codes and checkouts, and how they become orders.

use super::state::{Model, Order, Outcome, PRICES, PRODUCTS, Status};

/// The most unpaid orders of one buyer.
const MAX_UNPAID: usize = 5;
/// How many orders may have the scenario's discount of 10 %.
pub(super) const MOST_USES: usize = 2;

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

    /// The price of the pieces of each product.
    fn lines(self) -> [i64; PRODUCTS] {
        std::array::from_fn(|product| i64::from(self.quantities[product]) * PRICES[product])
    }
}

impl Model {
    /// How many orders have the discount: those that were cancelled have given it back.
    pub(super) fn uses(&self) -> usize {
        let live = self.orders.iter().filter(|order| order.status != Status::Cancelled);
        live.filter(|order| order.discount > 0).count()
    }

    /// What the wish has off now: 10 %, half a cent rounded up.
    fn discount(&self, wish: Wish) -> i64 {
        let subtotal = wish.lines().iter().sum::<i64>();
        if wish.has_code && self.uses() < MOST_USES { (subtotal + 5) / 10 } else { 0 }
    }

    fn total(&self, wish: Wish) -> i64 {
        wish.lines().iter().sum::<i64>() - self.discount(wish)
    }

    /// Places an order whose buyer has just been told its total.
    pub(super) fn place_order(&mut self, wish: Wish) -> Outcome {
        self.place(wish, self.total(wish))
    }

    fn place(&mut self, wish: Wish, expected: i64) -> Outcome {
        let mut after = self.stock;
        for (level, quantity) in after.iter_mut().zip(wish.quantities) {
            level.reserved += quantity;
        }
        let wanted = after.iter().zip(wish.quantities).filter(|(_, quantity)| *quantity > 0);
        if wanted.into_iter().any(|(level, _)| level.reserved > level.on_hand) {
            return Outcome::Refused("out_of_stock");
        }
        if self.total(wish) != expected {
            return Outcome::Refused("total_changed");
        }
        let unpaid = self.orders.iter().filter(|order| order.status == Status::Pending);
        if unpaid.count() >= MAX_UNPAID {
            return Outcome::Refused("too_many_unpaid");
        }
        let order = Order::new(wish.quantities, self.discount(wish));
        self.stock = after;
        self.orders.push(order);
        Outcome::Accepted
    }

    pub(super) fn wish(&mut self, wish: Wish) -> Outcome {
        let shown = self.total(wish);
        self.checkouts.push(Checkout { wish, shown, status: CheckoutStatus::Open });
        Outcome::Accepted
    }

    pub(super) fn set_line(&mut self, index: usize, product: usize, quantity: i32) -> Outcome {
        let mut wish = self.checkouts[index].wish;
        wish.quantities[product] = quantity;
        match self.checkouts[index].status {
            CheckoutStatus::Completed => Outcome::Refused("checkout_completed"),
            CheckoutStatus::Cancelled => Outcome::Refused("checkout_over"),
            CheckoutStatus::Open => {
                let shown = self.total(wish);
                self.checkouts[index] = Checkout { wish, shown, status: CheckoutStatus::Open };
                Outcome::Accepted
            }
        }
    }

    pub(super) fn cancel_checkout(&mut self, index: usize) -> Outcome {
        let checkout = &mut self.checkouts[index];
        if checkout.status == CheckoutStatus::Completed {
            return Outcome::Refused("checkout_completed");
        }
        checkout.status = CheckoutStatus::Cancelled;
        Outcome::Accepted
    }

    /// Completes a checkout over the total that its buyer was told last.
    pub(super) fn complete(&mut self, index: usize) -> Outcome {
        let Checkout { wish, shown, status } = self.checkouts[index];
        match status {
            CheckoutStatus::Completed => return Outcome::Accepted,
            CheckoutStatus::Cancelled => return Outcome::Refused("checkout_over"),
            CheckoutStatus::Open if wish.is_empty() => {
                return Outcome::Refused("checkout_not_ready");
            }
            CheckoutStatus::Open => {}
        }
        let total = self.total(wish);
        let outcome = self.place(wish, shown);
        match outcome {
            Outcome::Accepted => self.checkouts[index].status = CheckoutStatus::Completed,
            Outcome::Refused("total_changed") => self.checkouts[index].shown = total,
            _ => {}
        }
        outcome
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
