use super::*;
use crate::id::ProductId;
use proptest::prelude::*;
use time::Duration;

const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn minute(minutes: i64) -> OffsetDateTime {
    START + Duration::minutes(minutes)
}

fn stock(on_hand: i32, reserved: i32) -> Stock {
    Stock { product: ProductId::generate(), on_hand, reserved }
}

fn count(sequence: i64, on_hand: i64) -> Count {
    Count::new("acme", sequence, "MUG", on_hand).unwrap()
}

fn timed(sequence: i64, on_hand: i64, minutes: i64) -> Count {
    count(sequence, on_hand).taken_at(Some(minute(minutes)))
}

fn discrepancy(reason: DiscrepancyReason, on_hand: i32) -> CountOutcome {
    CountOutcome::Discrepancy { reason, on_hand }
}

/// A shop with one product, of which pieces come and go and are counted.
#[derive(Debug, Default)]
struct Ledger {
    on_hand: i64,
    /// When, and how many.
    moves: Vec<(i64, i64)>,
    newest_count: Option<i64>,
    sequences: [Option<i64>; 2],
}

impl Ledger {
    /// Delivers what a source counted at a minute, which is its sequence number too.
    fn deliver(&mut self, source: usize, at: i64, on_hand: i64) {
        let since = self.moves.iter().filter(|(moved_at, _)| *moved_at > at);
        let history = History {
            newest_sequence: self.sequences[source],
            newest_count: self.newest_count.map(minute),
            taken_at: Some(minute(at)),
            moved: since.map(|(_, delta)| delta).sum(),
            ..History::default()
        };
        let stock = stock(i32::try_from(self.on_hand).unwrap(), 0);
        let outcome = evaluate(&stock, &timed(at, on_hand, at), &history);
        if let Some(on_hand) = outcome.on_hand() {
            self.on_hand = on_hand.into();
            self.newest_count = self.newest_count.max(Some(at));
        }
        self.sequences[source] = self.sequences[source].max(Some(at));
    }
}

proptest! {
    /// What is counted at even minutes arrives in any order between the movements of odd minutes.
    #[test]
    fn counts_that_arrive_late_and_in_any_order_leave_the_stock_as_if_they_had_been_applied_when_they_were_taken(
        moves in prop::collection::vec(1..50_i64, 1..20),
        counts in prop::collection::btree_map(0..20_i64, (0..2_usize, 1000..2000_i64, 0..40_i64), 1..6),
    ) {
        let moves: Vec<_> = (0..).zip(moves).map(|(n, pieces): (i64, i64)| {
            (2 * n + 1, if n % 3 == 0 { pieces } else { -pieces })
        }).collect();
        let mut expected = 5000;
        for minute in 0..=50 {
            expected += moves.iter().filter(|(at, _)| *at == minute).map(|(_, delta)| delta).sum::<i64>();
            if minute % 2 == 0 && let Some((_, on_hand, _)) = counts.get(&(minute / 2)) {
                expected = *on_hand;
            }
        }

        let mut ledger = Ledger { on_hand: 5000, ..Ledger::default() };
        for minute in 0..=100 {
            for (at, delta) in moves.iter().filter(|(at, _)| *at == minute) {
                ledger.on_hand += delta;
                ledger.moves.push((*at, *delta));
            }
            for (slot, (source, on_hand, delay)) in &counts {
                if slot * 2 + delay == minute {
                    ledger.deliver(*source, slot * 2, *on_hand);
                }
            }
        }

        prop_assert_eq!(ledger.on_hand, expected);
    }

    #[test]
    fn a_count_never_breaks_a_promise(
        on_hand in 0..1000, reserved in 0..1000, counted in 0..1000_i64, moved in -500..500_i64,
    ) {
        let history = History { moved, moves: 1, taken_at: Some(minute(1)), ..History::default() };

        let outcome = evaluate(&stock(on_hand, reserved), &timed(1, counted, 1), &history);

        let after = i64::from(outcome.on_hand().unwrap());
        prop_assert_eq!(after, (counted + moved).max(i64::from(reserved)));
        prop_assert_eq!(outcome.discrepancy().is_some(), counted + moved < i64::from(reserved));
    }
}

#[test]
fn a_count_is_short_only_if_it_breaks_a_promise() {
    let counted = |on_hand| evaluate(&stock(9, 4), &count(1, on_hand), &History::default());

    assert_eq!(counted(4), CountOutcome::Applied { on_hand: 4 });
    assert_eq!(counted(3), discrepancy(DiscrepancyReason::BelowReserved, 4));
}

#[test]
fn a_count_of_less_than_has_left_since_is_for_staff() {
    let sold = History { taken_at: Some(minute(1)), moves: 1, moved: -5, ..History::default() };

    let outcome = evaluate(&stock(9, 0), &timed(1, 2, 1), &sold);

    assert_eq!(outcome, discrepancy(DiscrepancyReason::BelowReserved, 0));
}

#[test]
fn without_its_time_a_count_that_stock_moved_after_is_for_staff() {
    let moved = History { taken_at: Some(minute(1)), moves: 2, moved: 0, ..History::default() };

    let outcome = evaluate(&stock(9, 4), &count(1, 8), &moved);

    assert_eq!(outcome, discrepancy(DiscrepancyReason::StockMoved, 9));
    assert_eq!(outcome.on_hand(), None);
    let timed = evaluate(&stock(9, 4), &timed(1, 8, 1), &moved);
    assert_eq!(timed, CountOutcome::Applied { on_hand: 8 });
}

#[test]
fn a_count_from_before_a_correction_of_the_recorded_quantity_is_for_staff() {
    let history = |corrections| History {
        taken_at: Some(minute(1)),
        moves: 1,
        moved: 2,
        corrections,
        ..History::default()
    };

    let corrected = evaluate(&stock(9, 4), &timed(1, 9, 1), &history(1));
    assert_eq!(corrected, discrepancy(DiscrepancyReason::StockMoved, 9));
    let moved = evaluate(&stock(9, 4), &timed(1, 9, 1), &history(0));
    assert_eq!(moved, CountOutcome::Applied { on_hand: 11 });
}

#[test]
fn a_lower_number_is_late_or_if_it_was_sent_later_starts_anew() {
    let newest =
        History { newest_sequence: Some(7), newest_sent_at: Some(minute(5)), ..History::default() };
    let sent = |minutes| History { sent_at: Some(minute(minutes)), ..newest.clone() };
    let outcome =
        |sequence, history: &History| evaluate(&stock(9, 4), &count(sequence, 8), history);

    assert_eq!(outcome(6, &newest), CountOutcome::Stale);
    assert_eq!(outcome(6, &sent(5)), CountOutcome::Stale);
    assert_eq!(outcome(6, &sent(6)), discrepancy(DiscrepancyReason::OldSequence, 9));
    assert_eq!(outcome(7, &sent(5)), CountOutcome::Stale);
    assert_eq!(outcome(8, &sent(6)), CountOutcome::Applied { on_hand: 8 });
}

#[test]
fn a_count_from_before_the_product_was_created_with_stock_says_nothing() {
    let history = |at| History {
        created_at: Some(minute(5)),
        taken_at: Some(minute(at)),
        ..History::default()
    };

    assert_eq!(evaluate(&stock(9, 4), &timed(1, 8, 4), &history(4)), CountOutcome::Stale);
    let after = evaluate(&stock(9, 4), &timed(1, 8, 6), &history(6));
    assert_eq!(after, CountOutcome::Applied { on_hand: 8 });
}

#[test]
fn what_moved_since_takes_no_count_beyond_its_bounds() {
    let moved = |pieces| History { moved: pieces, moves: 1, ..History::default() };
    let on_hand =
        |counted, pieces| evaluate(&stock(9, 0), &timed(1, counted, 1), &moved(pieces)).on_hand();

    assert_eq!(on_hand(1, i64::MAX), Some(MAX_ON_HAND));
    assert_eq!(on_hand(1, -2), Some(0));
}
