use super::*;
use std::net::IpAddr;

fn origin(address: &str) -> Origin {
    address.parse::<IpAddr>().unwrap().into()
}

#[test]
fn a_bucket_is_named_after_its_subject_but_does_not_tell_it() {
    let [ip, pair] = LOG_IN else { panic!("two") };
    let (one, other) = (origin("192.0.2.1"), origin("192.0.2.2"));
    let bucket = pair.bucket(one, "ann@example.com");

    assert!(bucket.starts_with("log_in:") && !bucket.contains("ann"), "{bucket}");
    assert_eq!(bucket, pair.bucket(one, "ann@example.com"));
    assert_ne!(bucket, pair.bucket(other, "ann@example.com"));
    assert_ne!(bucket, pair.bucket(one, "bob@example.com"));
    assert_eq!(ip.bucket(one, "ann"), ip.bucket(one, "bob"));
    assert_eq!(LOG_IN_ACCOUNT.bucket(one, "ann"), LOG_IN_ACCOUNT.bucket(other, "ann"));
    assert_eq!(LOG_IN_KNOWN.bucket(one, "ann"), LOG_IN_KNOWN.bucket(other, "ann"));
    assert_ne!(LOG_IN_KNOWN.bucket(one, "ann"), LOG_IN_KNOWN.bucket(one, "bob"));
    let held = held(Duration::from_millis(600)).unwrap();
    assert_eq!(held.bucket(one, "ann"), held.bucket(other, "bob"));
}

#[test]
fn the_next_token_is_there_when_we_say() {
    assert_eq!(LOG_IN[1].seconds_per_token(), 6);
    assert_eq!(LOG_IN_ACCOUNT.seconds_per_token(), 1);
    assert_eq!(FORGOT_PASSWORD[1].seconds_per_token(), 720);
}

#[test]
fn what_is_held_longer_is_let_in_more_slowly() {
    let seconds = |millis| held(Duration::from_millis(millis)).map(|limit| limit.seconds);

    assert_eq!((seconds(0), seconds(600), seconds(1001)), (None, Some(1), Some(2)));
}

#[test]
fn a_visitor_is_told_of_the_emptiest_bucket() {
    let visitor = Visitor::from(origin("192.0.2.1"));
    assert_eq!(visitor.rate_limit_status(), None);

    let status =
        |capacity, remaining| limit("log_in", Scope::Ip, capacity, 60).status(remaining, 1);
    for (capacity, remaining) in [(60, 59), (10, 3), (60, 40)] {
        visitor.record(status(capacity, remaining));
    }

    assert_eq!(visitor.rate_limit_status(), Some(status(10, 3)));
}
