//! The guests of the soak test. Each comes from a place of its own, since there is a limit for each.

use super::load::{self, Bought, Wish};
use super::{Error, Soak};
use crate::Customer;
use fastrand::Rng;
use std::net::{IpAddr, Ipv4Addr};

/// How many addresses the guests beside one account share. One more is that of the account, which may claim its orders.
const ADDRESSES: u8 = 3;

/// Buys without an account.
pub(super) async fn buy(
    soak: &Soak<'_>,
    number: u64,
    account: &str,
    wish: Wish<'_>,
    random: &mut Rng,
) -> Result<Bought, Error> {
    let email = match random.u8(0..=ADDRESSES) {
        0 => account.to_owned(),
        other => format!("{}guest-{other}@tradepost.example", load::address(number)),
    };
    let nobody = Customer::from_address(soak.shop.url(), place(random))?;
    let nobody = nobody.recording(&soak.exchanges);
    let created = load::create_checkout(soak, &nobody, wish, Some(&email)).await?;
    let guest = nobody.with_checkout_secret(created["secret"].as_str().unwrap_or_default());
    let placed = load::complete(soak, &guest, &created, random).await?;
    if placed.status == 201 {
        soak.counters.add("guests' orders");
    }
    Ok(Bought { buyer: guest, placed })
}

/// An address of this machine.
fn place(random: &mut Rng) -> IpAddr {
    Ipv4Addr::new(127, random.u8(1..), random.u8(..), random.u8(1..255)).into()
}

/// The account takes over what was ordered as a guest under its address.
pub(super) async fn claim_orders(soak: &Soak<'_>, buyer: &Customer) -> Result<(), Error> {
    let claimed = load::post(buyer, "/v1/me/orders/claim", &serde_json::json!({})).await?;
    for _ in 0..claimed.body["claimed"].as_u64().unwrap_or_default() {
        soak.counters.add("claimed orders");
    }
    super::expect("what was ordered as a guest", 200, claimed).map(drop)
}
