//! Whose a checkout or an order is, and what opens it.

/// The addresses that guests name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// That of the buyer's account, where it is proven.
    OfAccount,
    /// One without an account.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The account, from the beginning.
    Account,
    /// Whoever shows the secret, under this address once they have named one.
    Guest(Option<Address>),
    /// The account, which has taken it over: the secret opens nothing any more.
    Joined,
}

/// What a request shows to open something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The account's token or the secret, whichever opens it.
    Right,
    /// Only the other one, if it has a secret.
    Wrong,
    Both,
}

/// What a request shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) token: bool,
    pub(super) secret: bool,
}

impl Holder {
    pub(super) fn shown(self, key: Key) -> Shown {
        let (token, secret) = match (self, key) {
            (Self::Account, _) | (Self::Guest(_), Key::Wrong) | (Self::Joined, Key::Right) => {
                (true, false)
            }
            (Self::Guest(_), Key::Right) | (Self::Joined, Key::Wrong) => (false, true),
            (_, Key::Both) => (true, true),
        };
        Shown { token, secret }
    }

    pub(super) fn opens(self, key: Key) -> bool {
        self == Self::Account || key != Key::Wrong
    }

    pub(super) fn is_guest(self) -> bool {
        matches!(self, Self::Guest(_))
    }

    /// Under which the uses of codes are counted. It stays when an order is taken over, since both have the same one.
    pub(super) fn address(self) -> Option<Address> {
        match self {
            Self::Account | Self::Joined => Some(Address::OfAccount),
            Self::Guest(address) => address,
        }
    }
}
