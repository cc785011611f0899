//! Proxies in front of API Gateway, such as `CloudFront`: which of them are trusted to say where a request comes from.

use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

const FORWARDED_FOR: &str = "x-forwarded-for";
/// A wider range is likely to contain clients, who could then choose their address.
const SHORTEST_PREFIXES: [u8; 2] = [8, 16];

/// The addresses of the trusted proxies. None by default.
///
/// Ranges, not a number of proxies: whoever calls the API around the proxies would be counted by what they write
/// themselves, where only the number of entries matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[Range]>);

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    address: IpAddr,
    prefix: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    #[error("{0} is neither an IP address nor a range such as 192.0.2.0/24")]
    Malformed(String),
    #[error("{0} is too wide: at least /8 (IPv4) or /16 (IPv6)")]
    TooWide(String),
}

impl TrustedProxies {
    /// Where a request comes from. `source` is who called API Gateway, which no client can forge.
    ///
    /// Each proxy appends the address that called it to `X-Forwarded-For`, and so does API Gateway. So the header is
    /// read from its end, and only as long as a trusted proxy wrote it: the first address that is not one of them is
    /// the client, and what stands before it was written by the client. What cannot be read is counted as the proxy
    /// that wrote it.
    pub fn client(&self, source: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = source.to_canonical();
        let mut written = entries(headers).peekable();
        // API Gateway's own entry.
        written.next_if_eq(&Some(client));
        while self.contains(client)
            && let Some(Some(caller)) = written.next()
        {
            client = caller;
        }
        client
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

/// The entries of all headers `X-Forwarded-For`, last first. `None` for one that is no address.
fn entries(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let texts = values.into_iter().rev().map(|value| value.to_str().unwrap_or_default());
    texts.flat_map(|text| text.rsplit(',').map(|entry| address(entry.trim())))
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

impl Range {
    fn contains(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix.into()
            }
            _ => false,
        }
    }
}

impl FromStr for Range {
    type Err = BadRange;

    /// `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    fn from_str(text: &str) -> Result<Self, BadRange> {
        let malformed = || BadRange::Malformed(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| malformed())?;
        let [v4, v6] = SHORTEST_PREFIXES;
        let (shortest, longest) = if address.is_ipv4() { (v4, 32) } else { (v6, 128) };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| malformed())?,
            None => longest,
        };
        if prefix > longest {
            return Err(malformed());
        }
        if prefix < shortest {
            return Err(BadRange::TooWide(text.to_owned()));
        }
        Ok(Self { address, prefix })
    }
}

impl FromStr for TrustedProxies {
    type Err = BadRange;

    /// Ranges, separated by commas. None if the text is empty.
    fn from_str(text: &str) -> Result<Self, BadRange> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',').map(|range| range.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// The client of a request that `source` sent to API Gateway, with these headers.
    fn client(proxies: &str, source: &str, forwarded: &[&str]) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        proxies.client(source.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn without_trusted_proxies_nobody_chooses_their_address() {
        assert_eq!(client("", "192.0.2.1", &["203.0.113.9, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("", "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    }

    #[test]
    fn a_client_is_whoever_called_the_first_trusted_proxy() {
        let edge = "198.51.100.0/24, 10.0.0.0/8, 2001:db8:e::/48";
        for (source, forwarded, expected) in [
            // With and without the entry that API Gateway adds.
            ("198.51.100.7", "203.0.113.9, 198.51.100.7", "203.0.113.9"),
            ("198.51.100.7", "203.0.113.9", "203.0.113.9"),
            ("198.51.100.7", "203.0.113.9, 10.1.2.3, 198.51.100.7", "203.0.113.9"),
            ("198.51.100.7", "203.0.113.9:41000 , 198.51.100.7:443", "203.0.113.9"),
            ("2001:db8:e::7", "2001:db8:c::9, 2001:db8:e::7", "2001:db8:c::9"),
            ("2001:db8:e::7", "[2001:db8:c::9]:443", "2001:db8:c::9"),
            ("198.51.100.7", "[2001:db8:c::9]", "2001:db8:c::9"),
            ("::ffff:198.51.100.7", "::ffff:203.0.113.9", "203.0.113.9"),
            // A request of the proxies themselves.
            ("198.51.100.7", "10.1.2.3, 198.51.100.7", "10.1.2.3"),
            ("198.51.100.7", "198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(client(edge, source, &[forwarded]), expected, "{source} {forwarded}");
        }
        assert_eq!(
            client(edge, "198.51.100.7", &["192.0.2.66", "203.0.113.9", "198.51.100.7"]),
            "203.0.113.9",
            "repeated headers are one list"
        );
    }

    #[test]
    fn what_a_client_writes_itself_does_not_count() {
        let edge = "198.51.100.0/24";
        for (source, forwarded, expected) in [
            // Through the proxy, which appends the client's real address.
            ("198.51.100.7", "192.0.2.66, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
            ("198.51.100.7", "198.51.100.8, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
            ("198.51.100.7", "192.0.2.66, 198.51.100.8, 203.0.113.9", "203.0.113.9"),
            // Around the proxy.
            ("203.0.113.9", "192.0.2.66, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9", "192.0.2.66, 198.51.100.7", "203.0.113.9"),
            ("203.0.113.9", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(client(edge, source, &[forwarded]), expected, "{source} {forwarded}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_as_the_proxy_that_wrote_it() {
        for forwarded in
            ["", ",", "unknown", "203.0.113.9, _hidden", "203.0.113.9,,", "1.2.3", "\u{fc}", "[::1"]
        {
            assert_eq!(
                client("198.51.100.0/24", "198.51.100.7", &[forwarded]),
                "198.51.100.7",
                "{forwarded}"
            );
        }
        assert_eq!(client("198.51.100.0/24", "198.51.100.7", &[]), "198.51.100.7");
    }

    #[test]
    fn a_range_is_an_address_or_begins_with_enough_bits() {
        let parse = |text: &str| text.parse::<TrustedProxies>();

        assert_eq!(parse(" "), Ok(TrustedProxies::default()));
        for text in
            ["192.0.2.1", "192.0.2.0/24,2001:db8::/32", "10.0.0.0/8 , ::1", "2600:9000::/28"]
        {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "1",
            "proxy.example",
            "192.0.2.0/33",
            "2001:db8::/129",
            "10.0.0.0/8,",
            "10.0.0.0/-8",
            "10.0.0.0/8/8",
        ] {
            assert!(matches!(parse(text), Err(BadRange::Malformed(_))), "{text}");
        }
        for text in ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/3"] {
            assert!(matches!(parse(text), Err(BadRange::TooWide(_))), "{text}");
        }
    }
}
