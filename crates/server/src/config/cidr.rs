//! Networks in the notation `10.0.0.0/8`, for the proxies that are trusted.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network: an address and how many of its leading bits count. A single address is a network of all its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Whether an address lies in the network. An IPv4 address written in IPv6 (`::ffff:10.0.0.1`, as sockets that listen
    /// on both report it) counts as the IPv4 address that it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let ignored = 32 - u32::from(self.prefix);
                (network.to_bits() ^ address.to_bits())
                    .checked_shr(ignored)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let ignored = 128 - u32::from(self.prefix);
                (network.to_bits() ^ address.to_bits())
                    .checked_shr(ignored)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }

    /// The first address of the network: the same with every bit beyond the prefix cleared.
    fn first_address(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.prefix))
                    .unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.prefix))
                    .unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let example = "write an address such as 10.0.0.7 or a network such as 10.0.0.0/8";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address
            .parse()
            .map_err(|_| format!("{text:?} is not an IP address or network; {example}"))?;
        let bits = if written.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|length| *length <= bits)
                .ok_or_else(|| {
                    format!("{text:?} needs a number from 0 to {bits} after the slash; {example}")
                })?,
        };
        let cidr = match written.to_canonical() {
            IpAddr::V4(address) if written.is_ipv6() && prefix >= 96 => Cidr {
                address: address.into(),
                prefix: prefix - 96,
            },
            _ => Cidr {
                address: written,
                prefix,
            },
        };
        if cidr.first_address() != cidr.address {
            let network = Cidr {
                address: cidr.first_address(),
                ..cidr
            };
            return Err(format!(
                "{text:?} has bits set beyond the prefix; write {network} for the whole network, or {} for that one address",
                cidr.address
            ));
        }
        Ok(cidr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().expect(text)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let network = cidr("10.1.0.0/16");
        assert!(network.contains(address("10.1.0.0")));
        assert!(network.contains(address("10.1.255.255")));
        assert!(!network.contains(address("10.2.0.0")));
        assert!(!network.contains(address("::1")));

        let network = cidr("2001:db8::/33");
        assert!(network.contains(address("2001:db8:7fff::1")));
        assert!(!network.contains(address("2001:db8:8000::1")));
        assert!(!network.contains(address("10.1.0.0")));
    }

    #[test]
    fn a_bare_address_is_itself_only() {
        let network = cidr("192.0.2.7");
        assert!(network.contains(address("192.0.2.7")));
        assert!(!network.contains(address("192.0.2.6")));
        assert_eq!(network.to_string(), "192.0.2.7/32");
    }

    #[test]
    fn prefix_zero_is_everything_of_its_family() {
        assert!(cidr("0.0.0.0/0").contains(address("203.0.113.9")));
        assert!(!cidr("0.0.0.0/0").contains(address("2001:db8::1")));
        assert!(cidr("::/0").contains(address("2001:db8::1")));
    }

    #[test]
    fn ipv4_written_in_ipv6_is_ipv4() {
        assert!(cidr("10.0.0.0/8").contains(address("::ffff:10.9.9.9")));
        assert!(!cidr("10.0.0.0/8").contains(address("::ffff:11.0.0.1")));
        assert_eq!(cidr("::ffff:10.0.0.0/104"), cidr("10.0.0.0/8"));
        assert_eq!(cidr("::ffff:10.0.0.1"), cidr("10.0.0.1"));
    }

    #[test]
    fn what_is_no_network_is_refused_with_advice() {
        for text in [
            "",
            "proxy",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/-1",
        ] {
            let problem = text.parse::<Cidr>().expect_err(text);
            assert!(problem.contains("10.0.0.0/8"), "{problem}");
        }
        let problem = "10.0.0.5/8".parse::<Cidr>().unwrap_err();
        assert!(
            problem.contains("write 10.0.0.0/8 ") && problem.contains("10.0.0.5 for"),
            "{problem}"
        );
    }
}
