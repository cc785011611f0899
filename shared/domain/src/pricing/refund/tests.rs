use super::*;
use proptest::prelude::*;

/// What happens to a line's money, tax and discount when these pieces go back one after the other.
fn in_turn<const N: usize>(line: LinePaid, pieces: [i32; N]) -> [[i64; 3]; N] {
    let mut line = line;
    let order = line.paid;
    let mut refundable = Refundable::new(1, order, order.total);
    pieces.map(|pieces| {
        let RefundPart { amount, tax, discount } = refundable.line(&line, pieces);
        line.paid.refunded += amount;
        line.paid.tax_refunded += tax;
        line.discount_refunded += discount;
        line.pieces_refunded += pieces;
        [amount, tax, discount]
    })
}

fn paid(total: i64, tax: i64) -> Paid {
    Paid { total, tax, ..Paid::default() }
}

#[test]
fn pieces_of_a_line_give_back_what_was_paid_for_it() {
    let line =
        LinePaid { paid: paid(17_925, 2988), quantity: 10, discount: 5975, ..LinePaid::default() };
    let parts = [[5377, 896, 1792], [7170, 1195, 2390], [1793, 299, 598], [3585, 598, 1195]];
    assert_eq!(in_turn(line, [3, 4, 1, 2]), parts);
}

#[test]
fn what_failed_is_refunded_again_with_what_rounding_left() {
    let line = LinePaid { paid: paid(100, 0), quantity: 3, ..LinePaid::default() };
    assert_eq!(in_turn(line, [1, 1, 1]).map(|[amount, _, _]| amount), [33, 33, 34]);
    // The first of the three has failed.
    let refunded = Paid { refunded: 67, ..line.paid };
    let line = LinePaid { paid: refunded, pieces_refunded: 2, ..line };
    assert_eq!(Refundable::new(1, refunded, 33).line(&line, 1).amount, 33);
}

#[test]
fn an_amount_that_took_the_tax_of_a_line_leaves_it_the_rest() {
    // 1.00 without tax and 1.19 with 0.19.
    let order = paid(219, 19);
    let mut refundable = Refundable::new(1, order, 219);
    assert_eq!(refundable.amount(100).tax, 8);
    let line = LinePaid { paid: paid(119, 19), quantity: 1, ..LinePaid::default() };
    assert_eq!(refundable.line(&line, 1), RefundPart { amount: 119, tax: 19 - 8, discount: 0 });
    assert_eq!(refundable.left(), 0);
}

#[test]
fn amounts_are_steps_of_the_currency_and_nothing_is_more_than_what_is_left() {
    let mut refundable = Refundable::new(10, paid(6270, 300), 6275);
    assert_eq!(refundable.amount(1239), RefundPart { amount: 1230, tax: 50, discount: 0 });
    assert_eq!(refundable.amount(i64::MAX), RefundPart { amount: 5040, tax: 250, discount: 0 });
    assert_eq!(refundable.amount(10), RefundPart::default());

    // A bank took the rest of the payment.
    let mut refundable = Refundable::new(1, paid(1000, 160), 250);
    let line = LinePaid { paid: paid(1000, 160), quantity: 1, ..LinePaid::default() };
    assert_eq!(refundable.line(&line, 1), RefundPart { amount: 250, tax: 40, discount: 0 });
}

#[test]
fn a_free_line_gives_back_nothing_and_more_pieces_than_there_are_no_more() {
    let mut refundable = Refundable::new(1, paid(1000, 0), 1000);
    let free = LinePaid { quantity: 3, discount: 500, ..LinePaid::default() };
    assert_eq!(refundable.line(&free, 2), RefundPart { amount: 0, tax: 0, discount: 333 });
    let line = LinePaid { paid: paid(700, 0), quantity: 2, ..LinePaid::default() };
    assert_eq!(refundable.line(&line, i32::MAX).amount, 700);
    assert_eq!(refundable.line(&LinePaid::default(), 1), RefundPart::default());
}

#[test]
fn twelve_digits_go_back_in_a_thousand_pieces() {
    let total = 1000 * 999_999_999_999;
    let line = LinePaid { paid: paid(total, total / 2), quantity: 1000, ..LinePaid::default() };
    let parts = in_turn(line, [1; 1000]);
    assert_eq!(parts.iter().map(|[amount, _, _]| amount).sum::<i64>(), total);
    assert_eq!(parts.iter().map(|[_, tax, _]| tax).sum::<i64>(), total / 2);
}

/// What is done next, by numbers that are reduced to what is possible.
#[derive(Clone, Copy, Debug)]
enum Step {
    Pieces { line: usize, pieces: i32 },
    Shipping,
    Amount(i64),
    Rest,
    Fail(usize),
}

/// A refund that did not fail.
#[derive(Clone, Copy, Debug)]
struct Given {
    /// The line and its pieces; `None` for shipping and amounts.
    pieces: Option<(usize, i32)>,
    is_shipping: bool,
    part: RefundPart,
}

#[derive(Clone, Debug)]
struct Story {
    step: i64,
    /// Quantity, paid with tax, and tax.
    lines: Vec<(i32, i64, i64)>,
    shipping: (i64, i64),
    steps: Vec<Step>,
}

prop_compose! {
    fn any_story()(
        step in prop_oneof![Just(1), Just(10)],
        lines in prop::collection::vec((1..6_i32, prop_oneof![0..20_i64, 0..5000_i64], 0..=100_i64), 1..4),
        shipping in (prop_oneof![Just(0_i64), 0..500_i64], 0..=50_i64),
        steps in prop::collection::vec(
            prop_oneof![
                3 => (0..3_usize, 1..6_i32).prop_map(|(line, pieces)| Step::Pieces { line, pieces }),
                1 => Just(Step::Shipping),
                1 => (0..5000_i64).prop_map(Step::Amount),
                1 => Just(Step::Rest),
                2 => (0..20_usize).prop_map(Step::Fail),
            ],
            0..30,
        ),
    ) -> Story {
        let tax = |total: i64, percent: i64| (total * step, total * percent / 100 * step);
        let lines = lines.into_iter().map(|(quantity, total, percent)| {
            let (total, tax) = tax(total, percent);
            (quantity, total, tax)
        });
        Story { step, lines: lines.collect(), shipping: tax(shipping.0, shipping.1), steps }
    }
}

/// What was paid for one thing, and what of it is back in those refunds that count for it.
fn with(total: i64, tax: i64, given: &[Given], counts: impl Fn(&Given) -> bool) -> Paid {
    let parts = || given.iter().filter(|one| counts(one)).map(|one| one.part);
    let refunded = parts().map(|part| part.amount).sum();
    Paid { total, tax, refunded, tax_refunded: parts().map(|part| part.tax).sum() }
}

impl Story {
    fn order(&self, given: &[Given]) -> Paid {
        let lines = || self.lines.iter();
        let total = lines().map(|line| line.1).sum::<i64>() + self.shipping.0;
        let tax = lines().map(|line| line.2).sum::<i64>() + self.shipping.1;
        with(total, tax, given, |_| true)
    }

    fn line(&self, place: usize, given: &[Given]) -> LinePaid {
        let (quantity, total, tax) = self.lines[place];
        let of_line = |one: &Given| one.pieces.is_some_and(|(line, _)| line == place);
        let pieces = given.iter().filter_map(|one| one.pieces).filter(|(line, _)| *line == place);
        LinePaid {
            paid: with(total, tax, given, of_line),
            quantity,
            pieces_refunded: pieces.map(|(_, pieces)| pieces).sum(),
            ..LinePaid::default()
        }
    }

    fn apply(&self, step: Step, given: &mut Vec<Given>) {
        let order = self.order(given);
        let mut refundable = Refundable::new(self.step, order, order.total - order.refunded);
        let (mut pieces_back, mut is_shipping) = (None, false);
        let part = match step {
            Step::Fail(which) => {
                if !given.is_empty() {
                    given.remove(which % given.len());
                }
                return;
            }
            Step::Pieces { line, pieces } => {
                let place = line % self.lines.len();
                let line = self.line(place, given);
                let pieces = pieces.min(line.quantity - line.pieces_refunded);
                pieces_back = Some((place, pieces));
                refundable.line(&line, pieces)
            }
            Step::Shipping => {
                is_shipping = true;
                let (total, tax) = self.shipping;
                refundable.shipping(&with(total, tax, given, |one| one.is_shipping))
            }
            Step::Amount(amount) => refundable.amount(amount),
            Step::Rest => refundable.amount(refundable.left()),
        };
        given.push(Given { pieces: pieces_back, is_shipping, part });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn whatever_is_refunded_and_fails_what_was_paid_goes_back_and_never_more(story in any_story()) {
        let mut given = Vec::new();
        // An amount may take the money of lines, and leave them less even if it fails later.
        let mut had_amounts = false;
        for step in &story.steps {
            story.apply(*step, &mut given);
            had_amounts |= matches!(step, Step::Amount(_) | Step::Rest);

            let Paid { total, tax, refunded, tax_refunded } = story.order(&given);
            prop_assert!(given.iter().all(|one| {
                let RefundPart { amount, tax, .. } = one.part;
                0 <= tax && tax <= amount && amount % story.step == 0 && tax % story.step == 0
            }), "{given:?}");
            prop_assert!(refunded <= total && tax_refunded <= tax, "{given:?}");
            prop_assert!(refunded - tax_refunded <= total - tax, "{given:?}");
            prop_assert!(refunded < total || tax_refunded == tax, "{given:?}");
            for place in 0..story.lines.len() {
                let line = story.line(place, &given);
                prop_assert!(line.paid.refunded <= line.paid.total);
                let is_back = line.pieces_refunded == line.quantity;
                prop_assert!(!is_back || had_amounts || line.paid.refunded == line.paid.total);
            }
        }

        for line in (0..story.lines.len()).rev() {
            story.apply(Step::Pieces { line, pieces: i32::MAX }, &mut given);
        }
        story.apply(Step::Shipping, &mut given);
        story.apply(Step::Rest, &mut given);
        let Paid { total, tax, refunded, tax_refunded } = story.order(&given);
        prop_assert_eq!((refunded, tax_refunded), (total, tax));
    }
}
