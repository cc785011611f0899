use super::*;
use proptest::prelude::*;

fn line(quantity: i32, shipped: i32, removed: i32) -> LineProgress {
    let product = ProductId::generate();
    LineProgress { product, quantity, fulfilled: shipped, shipped, removed, refunded: removed }
}

fn progress(lines: &[LineProgress]) -> Progress {
    Progress { lines: lines.to_vec(), packed: Vec::new() }
}

fn wanted(lines: Option<&[(ProductId, i64)]>) -> NewFulfillment {
    let pieces = lines.map(|lines| Basket::new(lines.iter().copied()).unwrap());
    NewFulfillment::new(pieces, None)
}

#[test]
fn a_parcel_takes_what_is_asked_for_or_all_that_is_left() {
    let (two, three) = (line(2, 0, 0), line(3, 1, 1));
    let progress = progress(&[two, three]);

    let all = wanted(None).take(&progress).unwrap();
    assert_eq!(all, [(two.product, 2), (three.product, 1)]);
    let one = wanted(Some(&[(two.product, 1)])).take(&progress).unwrap();
    assert_eq!(one, [(two.product, 1)]);
}

#[test]
fn a_parcel_takes_no_more_than_is_left_and_nothing_of_another_order() {
    let (three, other) = (line(3, 1, 1), ProductId::generate());
    let progress = progress(&[three]);

    for (product, pieces, left) in [(three.product, 2, 1), (other, 1, 0)] {
        let no = wanted(Some(&[(product, pieces)])).take(&progress);
        assert_eq!(no, Err(Refusal::TooManyToShip { product, left }));
    }
}

#[test]
fn nothing_is_left_of_what_is_in_parcels_or_removed() {
    let packed = LineProgress { fulfilled: 2, ..line(2, 0, 0) };
    for line in [line(2, 2, 0), line(2, 1, 1), line(2, 0, 2), packed] {
        assert_eq!(wanted(None).take(&progress(&[line])), Err(Refusal::NothingToShip));
    }
}

#[test]
fn what_the_release_before_refunded_is_removed_before_anything_is_shipped() {
    let refunded = |line: LineProgress, refunded| LineProgress { refunded, ..line };
    for (line, pieces) in [
        (refunded(line(3, 0, 0), 2), 2),
        (refunded(line(3, 2, 0), 2), 0),
        (refunded(line(3, 1, 1), 2), 0),
        (refunded(line(3, 0, 3), 0), 0),
        (refunded(line(3, 2, 0), 3), 1),
    ] {
        let all = progress(&[line]).to_remove();
        assert_eq!(all.iter().map(|(_, pieces)| pieces).sum::<i32>(), pieces, "{line:?}");
    }
}

#[test]
fn an_order_is_complete_once_something_was_shipped_and_nothing_is_left() {
    let packed = LineProgress { fulfilled: 1, ..line(2, 0, 1) };
    for (lines, is_complete) in [
        (vec![line(2, 2, 0), line(1, 0, 1)], true),
        (vec![line(2, 1, 1)], true),
        (vec![line(2, 0, 2)], false),
        (vec![line(2, 2, 0), line(1, 0, 0)], false),
        (vec![packed], false),
    ] {
        assert_eq!(progress(&lines).is_complete(), is_complete, "{lines:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_shipped_and_removed_no_line_has_more_than_its_pieces(
        steps in prop::collection::vec((any::<bool>(), 0..3_usize, 1..4_i64), 0..20),
    ) {
        let lines: Vec<_> = (1..=3).map(|pieces| line(pieces, 0, 0)).collect();
        let mut progress = progress(&lines);
        for (is_refund, at, pieces) in steps {
            let Ok(taken) = wanted(Some(&[(lines[at].product, pieces)])).take(&progress) else { continue };
            if is_refund { progress.remove(&taken) } else { progress.ship(&taken) }
        }
        for line in &progress.lines {
            prop_assert!(line.left() >= 0 && line.shipped <= line.fulfilled);
        }
        prop_assert_eq!(progress.is_complete(), progress.left().is_empty() && progress.is_begun());
    }
}
