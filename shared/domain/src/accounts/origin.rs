//! Where a request comes from, as far as rate limits count: the network of its sender.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that a request comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin(Option<IpAddr>);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self(Some(address.to_canonical()))
    }
}

impl Origin {
    /// Requests whose sender is not known share one allowance.
    pub const UNKNOWN: Self = Self(None);

    /// Whose requests are counted together: those of an IPv4 address, or of the /64 that an IPv6 client chooses its
    /// addresses from.
    pub(super) fn client(self) -> String {
        self.prefix(32, 64).unwrap_or_else(|| "unknown".to_owned())
    }

    /// The network that a client keeps while its address changes: the neighbourhood of an IPv4 address, or the /56 that
    /// a provider gives to one customer.
    pub(super) fn network(self) -> Option<String> {
        self.prefix(24, 56)
    }

    fn prefix(self, v4: u32, v6: u32) -> Option<String> {
        Some(match self.0? {
            IpAddr::V4(address) => {
                let bits = address.to_bits() & u32::MAX.checked_shl(32 - v4).unwrap_or(0);
                format!("{}/{v4}", Ipv4Addr::from_bits(bits))
            }
            IpAddr::V6(address) => {
                let bits = address.to_bits() & u128::MAX.checked_shl(128 - v6).unwrap_or(0);
                format!("{}/{v6}", Ipv6Addr::from_bits(bits))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_ipv4_address_or_the_64_that_it_chooses_ipv6_addresses_from() {
        let client = |address: &str| Origin::from(address.parse::<IpAddr>().unwrap()).client();

        assert_eq!(client("192.0.2.7"), "192.0.2.7/32");
        assert_eq!(client("::ffff:192.0.2.7"), "192.0.2.7/32");
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::1"));
        assert_ne!(client("2001:db8:1:3::1"), client("2001:db8:1:2::1"));
        assert_eq!(Origin::UNKNOWN.client(), "unknown");
    }

    #[test]
    fn a_network_is_what_a_client_keeps_while_its_address_changes() {
        let network = |address: &str| Origin::from(address.parse::<IpAddr>().unwrap()).network();

        assert_eq!(network("192.0.2.7").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(network("2001:db8:1:2ff::1").as_deref(), Some("2001:db8:1:200::/56"));
        assert_eq!(Origin::UNKNOWN.network(), None);
    }
}
