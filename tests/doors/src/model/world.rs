//! What should be: a small shop without a database, beside a Stripe that knows more than it has told.

/// How many products there are.
pub(super) const GOODS: usize = 2;
/// In minor units.
pub(super) const PRICES: [i64; GOODS] = [1999, 250];
/// On each shelf, at the beginning.
pub(super) const STOCK: i32 = 8;

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) shelf: [Good; GOODS],
    pub(super) orders: Vec<Order>,
    /// What the shop says to the step that was just taken.
    pub(super) said: Said,
}

/// What the shop says to a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nobody asks it: at Stripe there is nothing to do.
    Nothing,
    Yes,
    No(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Good {
    pub(super) on_hand: i32,
    pub(super) reserved: i32,
    /// Of the newest count that was taken.
    pub(super) sequence: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Confirmed,
    Shipped,
    Cancelled,
}

#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) pieces: [i32; GOODS],
    pub(super) status: Status,
    /// Somebody wants it cancelled, and Stripe must let go first.
    pub(super) shall_end: bool,
    pub(super) is_due: bool,
    pub(super) payment: Option<Payment>,
    pub(super) refunds: Vec<Refund>,
    /// The one that the bank sent back last, by its place.
    pub(super) bounced: Option<usize>,
    pub(super) dispute: Option<Dispute>,
    /// What was told before the shop knew of the payment, and waits for that.
    pub(super) waiting: Vec<News>,
}

/// What is so at Stripe, and what the shop knows of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub(super) really: Paid,
    pub(super) known: Paid,
    pub(super) was_declined: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paid {
    Open,
    Done,
    Canceled,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Refund {
    pub(super) amount: i64,
    /// The product, how many pieces of it, and how many of them went back on the shelf.
    pub(super) pieces: Option<(usize, i32, i32)>,
    /// None before Stripe was asked.
    pub(super) really: Option<Back>,
    /// None before the shop heard of it.
    pub(super) known: Option<Back>,
    /// Made by somebody past the shop.
    pub(super) is_foreign: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    Requested,
    Given,
    Failed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Dispute {
    pub(super) really: Case,
    pub(super) known: Option<Case>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    Open,
    Won,
    Lost,
}

/// What Stripe can tell of an order's payment; with the place of the refund it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Opened,
    Declined,
    Paid,
    Canceled,
    Refunded(usize),
    RefundFailed(usize),
    Disputed,
    Decided,
}

impl World {
    pub(super) fn new() -> Self {
        let good = Good { on_hand: STOCK, reserved: 0, sequence: 0 };
        Self { shelf: [good; GOODS], orders: Vec::new(), said: Said::Nothing }
    }

    pub(super) fn order(&mut self, place: usize) -> Option<&mut Order> {
        self.orders.get_mut(place)
    }

    /// Ends an order, and its pieces are free again.
    pub(super) fn end(&mut self, place: usize) {
        let order = &mut self.orders[place];
        (order.status, order.shall_end) = (Status::Cancelled, false);
        for (good, pieces) in self.shelf.iter_mut().zip(order.pieces) {
            good.reserved -= pieces;
        }
    }

    /// The shop hears how a payment ended.
    pub(super) fn hear(&mut self, place: usize) {
        let order = &mut self.orders[place];
        let Some(payment) = order.payment.as_mut().filter(|payment| payment.known == Paid::Open)
        else {
            return;
        };
        payment.known = payment.really;
        match (payment.really, order.status) {
            (Paid::Open, _) => {}
            (Paid::Canceled, _) => self.end(place),
            (Paid::Done, Status::Pending) if !order.shall_end => order.status = Status::Confirmed,
            (Paid::Done, status) => {
                order.want_back(order.total(), None);
                if status == Status::Pending {
                    self.end(place);
                }
            }
        }
    }

    /// Stripe tells something, which is news or not.
    pub(super) fn tell(&mut self, place: usize, news: News) {
        let order = &mut self.orders[place];
        match news {
            News::Opened | News::Declined => return,
            News::Paid | News::Canceled => return self.hear(place),
            _ => {}
        }
        // Told again, it waits on: it is known, and the sweep comes back to it.
        if order.waiting.contains(&news) {
            return;
        }
        if !order.is_paid() {
            return order.waiting.push(news);
        }
        match news {
            News::Refunded(refund) => {
                let known = &mut order.refunds[refund].known;
                if *known != Some(Back::Failed) {
                    *known = Some(Back::Given);
                }
                order.give_up_overtaken();
            }
            News::RefundFailed(refund) => order.refunds[refund].known = Some(Back::Failed),
            News::Disputed | News::Decided => {
                if let Some(dispute) = &mut order.dispute {
                    let told = if news == News::Disputed { Case::Open } else { dispute.really };
                    dispute.known = dispute.known.max(Some(told));
                }
            }
            News::Opened | News::Declined | News::Paid | News::Canceled => {}
        }
    }

    /// Stripe is asked for every refund that it was not asked for.
    pub(super) fn ask_for_refunds(&mut self) {
        for order in &mut self.orders {
            if order.dispute.is_some_and(|dispute| dispute.known == Some(Case::Open)) {
                continue;
            }
            for place in 0..order.refunds.len() {
                let Refund { amount, known, .. } = order.refunds[place];
                if known != Some(Back::Requested) {
                    continue;
                }
                if amount <= order.refundable() {
                    order.refunds[place].really = Some(Back::Given);
                    order.refunds[place].known = Some(Back::Given);
                } else {
                    order.refunds[place].known = Some(Back::Failed);
                }
            }
        }
    }
}

impl Order {
    pub(super) fn new(pieces: [i32; GOODS]) -> Self {
        Self {
            pieces,
            status: Status::Pending,
            shall_end: false,
            is_due: false,
            payment: None,
            refunds: Vec::new(),
            bounced: None,
            dispute: None,
            waiting: Vec::new(),
        }
    }

    pub(super) fn total(&self) -> i64 {
        self.pieces.iter().zip(PRICES).map(|(pieces, price)| i64::from(*pieces) * price).sum()
    }

    /// Whether the shop knows that the money is there.
    pub(super) fn is_paid(&self) -> bool {
        self.payment.is_some_and(|payment| payment.known == Paid::Done)
    }

    pub(super) fn captured(&self) -> i64 {
        if self.is_paid() { self.total() } else { 0 }
    }

    /// What went back, as far as the shop knows.
    pub(super) fn refunded(&self) -> i64 {
        let given = self.refunds.iter().filter(|refund| refund.known == Some(Back::Given));
        given.map(|refund| refund.amount).sum()
    }

    /// What went back or shall go back, as far as the shop knows.
    pub(super) fn promised(&self) -> impl Iterator<Item = &Refund> {
        let promised = [Some(Back::Requested), Some(Back::Given)];
        self.refunds.iter().filter(move |refund| promised.contains(&refund.known))
    }

    pub(super) fn left(&self) -> i64 {
        self.captured() - self.promised().map(|refund| refund.amount).sum::<i64>()
    }

    /// What Stripe would give back now.
    pub(super) fn refundable(&self) -> i64 {
        let is_paid = self.payment.is_some_and(|payment| payment.really == Paid::Done);
        if !is_paid || self.dispute.is_some_and(|dispute| dispute.really != Case::Won) {
            return 0;
        }
        let gone = self.refunds.iter().filter(|refund| refund.really == Some(Back::Given));
        self.total() - gone.map(|refund| refund.amount).sum::<i64>()
    }

    pub(super) fn want_back(&mut self, amount: i64, pieces: Option<(usize, i32, i32)>) {
        let known = Some(Back::Requested);
        self.refunds.push(Refund { amount, pieces, really: None, known, is_foreign: false });
    }

    /// Somebody was faster at Stripe: what Stripe was not asked for yet, and is no longer covered, fails.
    fn give_up_overtaken(&mut self) {
        let (total, mut wanted) = (self.total(), self.refunded());
        for refund in &mut self.refunds {
            if refund.known == Some(Back::Requested) {
                wanted += refund.amount;
                if wanted > total {
                    refund.known = Some(Back::Failed);
                }
            }
        }
    }

    pub(super) fn case(&self) -> Option<Case> {
        self.dispute.and_then(|dispute| dispute.known)
    }

    pub(super) fn is_on_hold(&self) -> bool {
        self.case().is_some_and(|case| case != Case::Won)
    }

    /// All that Stripe could tell by now, told before or not.
    pub(super) fn news(&self) -> Vec<News> {
        let Some(payment) = self.payment else { return Vec::new() };
        let mut news = vec![News::Opened];
        if payment.was_declined {
            news.push(News::Declined);
        }
        match payment.really {
            Paid::Open => {}
            // Twice: of all news this is what a shop waits for.
            Paid::Done => news.extend([News::Paid, News::Paid]),
            Paid::Canceled => news.push(News::Canceled),
        }
        for (place, refund) in self.refunds.iter().enumerate() {
            match refund.really {
                Some(Back::Failed) => {
                    news.extend([News::Refunded(place), News::RefundFailed(place)]);
                }
                Some(_) => news.push(News::Refunded(place)),
                None => {}
            }
        }
        match self.dispute.map(|dispute| dispute.really) {
            None => {}
            Some(Case::Open) => news.push(News::Disputed),
            Some(_) => news.extend([News::Disputed, News::Decided]),
        }
        news
    }
}
