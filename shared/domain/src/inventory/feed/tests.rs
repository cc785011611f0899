use super::*;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-12-01 12:00 UTC);

fn line(sku: &str, sequence: i64, on_hand: i64) -> FeedLine {
    FeedLine { sku: sku.to_owned(), sequence, on_hand, counted_at: None }
}

fn row(line: FeedLine) -> FeedRow {
    FeedRow { sku: Some(line.sku.clone()), line: Ok(line) }
}

fn feed(lines: &[FeedLine]) -> Feed {
    Feed::new("acme", lines.iter().cloned().map(row).collect()).unwrap()
}

/// A product of which nothing was counted yet.
fn known() -> Known {
    Known {
        is_product: true,
        similar_sku: None,
        sequence: None,
        newest_count: None,
        sent_on_hand: None,
        now: NOW,
    }
}

/// The pointers and reasons of the rejected rows, if each product is `known`, and how many rows are good.
fn sorted_out(lines: &[FeedLine], known: &Known) -> (usize, Vec<(String, &'static str)>) {
    let feed = feed(lines);
    let (good, rejected) = feed.sort_out(&vec![known.clone(); feed.counts().len()]);
    let rejected = rejected.into_iter().map(|one| (one.pointer, one.reason));
    (good.len(), rejected.collect())
}

fn at(pointer: &str, reason: &'static str) -> (String, &'static str) {
    (pointer.to_owned(), reason)
}

#[test]
fn a_bad_row_is_told_and_the_good_ones_count() {
    let lines = [line("MUG", 1, 4), line("POT", 1, -1), line("", 1, 1), line("CUP", -1, 1)];

    let told = sorted_out(&lines, &known());

    let rejected = [
        at("/counts/1/on_hand", "out_of_range"),
        at("/counts/2/sku", "empty"),
        at("/counts/3/sequence", "negative"),
    ];
    assert_eq!(told, (1, rejected.to_vec()));
}

#[test]
fn the_same_row_twice_is_one() {
    assert_eq!(sorted_out(&[line("MUG", 1, 4), line("MUG", 1, 4)], &known()), (1, vec![]));
    assert_eq!(sorted_out(&[line("MUG", 1, 4), line("MUG", 2, 5)], &known()), (2, vec![]));
}

#[test]
fn of_rows_that_contradict_each_other_none_is_taken() {
    let timed = |sequence, minutes| {
        let counted_at = Some(NOW - Duration::minutes(minutes));
        FeedLine { counted_at, ..line("MUG", sequence, 4) }
    };
    let both = vec![at("/counts/0", "contradictory"), at("/counts/2", "contradictory")];
    let pot = line("POT", 1, 1);
    for (one, other) in [
        (line("MUG", 1, 4), line("MUG", 1, 5)),
        (timed(1, 10), timed(1, 9)),
        (timed(1, 9), timed(2, 10)),
    ] {
        assert_eq!(sorted_out(&[one, pot.clone(), other], &known()), (1, both.clone()));
    }
    assert_eq!(sorted_out(&[timed(1, 10), pot, timed(2, 9)], &known()), (3, vec![]));
}

#[test]
fn a_feed_has_a_source_and_one_to_five_hundred_rows() {
    let rows = |many| (0..many).map(|sequence| row(line("MUG", sequence, 1))).collect::<Vec<_>>();
    let pointer = |source, many| Feed::new(source, rows(many)).unwrap_err().pointer;
    assert_eq!((pointer("", 1), pointer("acme", 0)), ("/source".into(), "/counts".into()));
    assert_eq!(pointer("acme", 501), "/counts");
    assert_eq!(Feed::new("acme", rows(500)).unwrap().counts().len(), 500);
}

#[test]
fn a_sku_that_no_product_has_is_told_with_the_one_in_other_capitals() {
    let unknown = Known { is_product: false, similar_sku: Some("MUG".to_owned()), ..known() };
    let feed = feed(&[line("mug", 1, 4)]);

    let (_, rejected) = feed.sort_out(&[unknown]);

    let rejected = serde_json::to_value(rejected).unwrap();
    let expected = serde_json::json!([{
        "row": 0, "pointer": "/counts/0/sku", "sku": "mug", "reason": "unknown_sku",
        "detail": "no product has this SKU; there is MUG, and capitals matter",
    }]);
    assert_eq!(rejected, expected);
}

#[test]
fn a_source_that_runs_backwards_is_told_and_one_that_repeats_itself_is_not() {
    let known = Known { sequence: Some(7), sent_on_hand: None, ..known() };
    let told = |sequence| sorted_out(&[line("MUG", sequence, 4)], &known);
    assert_eq!(told(6), (0, vec![at("/counts/0/sequence", "old_sequence")]));
    assert_eq!((told(7), told(8)), ((1, vec![]), (1, vec![])));
}

#[test]
fn a_number_that_meant_something_else_before_is_told() {
    let known = Known { sent_on_hand: Some(4), ..known() };
    let told = |on_hand| sorted_out(&[line("MUG", 1, on_hand)], &known);
    assert_eq!(
        (told(4), told(5)),
        ((1, vec![]), (0, vec![at("/counts/0/on_hand", "contradictory")]))
    );
}

#[test]
fn a_time_of_counting_is_of_the_last_days_and_newer_than_the_last_count() {
    let known = Known { newest_count: Some(NOW - Duration::hours(1)), ..known() };
    let told = |ago: Duration| {
        let line = FeedLine { counted_at: Some(NOW - ago), ..line("MUG", 1, 4) };
        sorted_out(&[line], &known).1.first().map(|(_, reason)| *reason)
    };
    assert_eq!(told(Duration::minutes(-6)), Some("in_the_future"));
    assert_eq!((told(Duration::minutes(-4)), told(Duration::minutes(59))), (None, None));
    assert_eq!(told(Duration::minutes(61)), Some("old_count"));
    assert_eq!(told(Duration::days(31)), Some("too_old"));
}

#[test]
fn a_row_that_cannot_be_read_is_told_with_a_sku_of_bounded_length() {
    let line = Err(Invalid::new("/on_hand", "wrong_type", "must be a whole number"));
    let row = FeedRow { sku: Some("M".repeat(1000)), line };
    let feed = Feed::new("acme", vec![row]).unwrap();

    let (good, rejected) = feed.sort_out(&[]);

    assert_eq!(good, Vec::<&Count>::new());
    assert_eq!(rejected[0].sku.as_ref().map(String::len), Some(64));
    assert_eq!(rejected[0].pointer, "/counts/0/on_hand");
}
