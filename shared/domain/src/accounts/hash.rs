//! Password hashes: Argon2id with the minimum parameters that OWASP recommends (19 MiB, 2 iterations, parallelism 1).

use super::password::{Password, PasswordAttempt};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use std::sync::{Arc, Mutex, PoisonError};

const MEMORY_KIB: u32 = 19_456;
const ITERATIONS: u32 = 2;
/// In bytes.
const OUTPUT: usize = 32;

/// A stored password hash, with its parameters and salt.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PasswordHash {
    text: String,
    params: Params,
    salt: Salt,
    output: Output,
}

/// Computes and verifies password hashes. Clones share one block of working memory.
///
/// The memory is reused: glibc before 2.38 rarely reuses freed blocks of this size, so that allocating it for each
/// hash lets a busy process grow by gigabytes.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    params: Params,
    /// Verified against if the account does not exist, so that the response takes the same time. Matches no password.
    dummy: PasswordHash,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    blocks: Vec<Block>,
    hash_count: u64,
}

impl Hasher {
    /// The parameters of production: 19 MiB and two iterations, about 15 ms on one core.
    #[expect(clippy::new_without_default, reason = "the caller should choose the cost")]
    pub fn new() -> Self {
        Self::with_cost(MEMORY_KIB, ITERATIONS)
    }

    /// Other parameters, for tests. Panics below 8 KiB or one iteration, the minimum of Argon2.
    #[expect(clippy::missing_panics_doc, reason = "said in the sentence above")]
    pub fn with_cost(memory_kib: u32, iterations: u32) -> Self {
        let params = Params::new(memory_kib, iterations, 1, Some(OUTPUT))
            .expect("Argon2 takes at least 8 KiB and one pass");
        let dummy = PasswordHash::new(params.clone(), [0; 16], &[0; OUTPUT]);
        Self(Arc::new(Inner { params, dummy, memory: Mutex::default() }))
    }

    /// How many hashes were computed. Tests use it to show that a failed login costs as much as a successful one.
    pub fn hash_count(&self) -> u64 {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner).hash_count
    }

    pub(super) fn hash(&self, password: &Password) -> PasswordHash {
        self.hash_text(password.reveal())
    }

    /// A new hash of the correct password, if the stored one was computed with weaker parameters than today's.
    pub(super) fn rehash(
        &self,
        stored: &PasswordHash,
        correct: &PasswordAttempt,
    ) -> Option<PasswordHash> {
        let (old, current) = (&stored.params, &self.0.params);
        let is_weaker = old.m_cost() < current.m_cost() || old.t_cost() < current.t_cost();
        is_weaker.then(|| self.hash_text(correct.reveal()))
    }

    /// Whether the password is correct, compared in constant time. A wrong one costs the same if `stored` is `None`: one
    /// hash, or one for each form in which it may have been hashed.
    pub(super) fn verify(&self, attempt: &PasswordAttempt, stored: Option<&PasswordHash>) -> bool {
        let PasswordHash { params, salt, output, .. } = stored.unwrap_or(&self.0.dummy);
        let is_equal = |form| {
            let computed = self.compute(form, salt, params);
            verify_slices_are_equal(&computed[..output.len()], output.as_bytes()).is_ok()
        };
        // All forms are tried, so that nobody sees by the time that one was right.
        let equal = attempt.reveal_forms().map(is_equal).filter(|equal| *equal).count();
        equal > 0 && stored.is_some()
    }

    fn hash_text(&self, text: &str) -> PasswordHash {
        let mut salt = [0; 16];
        rand::fill(&mut salt).expect("the kernel provides random bytes");
        let params = &self.0.params;
        let output = self.compute(text, &salt, params);
        PasswordHash::new(params.clone(), salt, &output[..OUTPUT])
    }

    fn compute(&self, text: &str, salt: &[u8], params: &Params) -> [u8; Output::MAX_LENGTH] {
        // Poisoning is harmless: Argon2 overwrites the memory before it reads it.
        let mut memory = self.0.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Memory { blocks, hash_count } = &mut *memory;
        *hash_count += 1;
        if blocks.len() < params.block_count() {
            blocks.resize(params.block_count(), Block::default());
        }
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(OUTPUT);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_into_with_memory(
                text.as_bytes(),
                salt,
                &mut output[..length],
                &mut blocks[..params.block_count()],
            )
            .expect("text, salt and output have lengths that Argon2 accepts");
        output
    }
}

impl PasswordHash {
    /// Parses a stored PHC string. `None` unless it is Argon2id, version 19.
    pub(super) fn from_stored(text: &str) -> Option<Self> {
        let phc = Phc::new(text).ok()?;
        let is_ours = phc.algorithm == ARGON2ID_IDENT && phc.version == Some(Version::V0x13.into());
        let params = Params::try_from(&phc).ok()?;
        Some(Self { text: text.to_owned(), params, salt: phc.salt?, output: phc.hash? })
            .filter(|_| is_ours)
    }

    /// The PHC string, as stored.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn new(params: Params, salt: [u8; 16], output: &[u8]) -> Self {
        let salt = Salt::new(&salt).expect("16 bytes are a salt");
        let output = Output::new(output).expect("32 bytes are a hash");
        let phc = Phc {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)
                .expect("three numbers fit into a parameter string"),
            salt: Some(salt),
            hash: Some(output),
        };
        Self { text: phc.to_string(), params, salt, output }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::Email;

    fn password(raw: &str) -> Password {
        Password::parse(raw, &Email::parse("ann@example.com").unwrap()).unwrap()
    }

    fn attempt(raw: &str) -> PasswordAttempt {
        PasswordAttempt::parse(raw).unwrap()
    }

    #[test]
    fn a_hash_is_stored_with_its_parameters_and_read_back() {
        let hasher = Hasher::new();

        let hash = hasher.hash(&password("a long enough word"));
        let read = PasswordHash::from_stored(hash.text()).unwrap();

        assert!(hash.text().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.text());
        assert!(hasher.verify(&attempt("a long enough word"), Some(&read)));
        assert!(!hasher.verify(&attempt("a long enough Word"), Some(&read)));
    }

    #[test]
    fn the_same_password_is_never_hashed_to_the_same_text() {
        let hasher = Hasher::with_cost(8, 1);
        let one = hasher.hash(&password("a long enough word"));
        assert_ne!(one.text(), hasher.hash(&password("a long enough word")).text());
    }

    #[test]
    fn no_attempt_matches_a_missing_account_and_each_costs_a_hash() {
        let hasher = Hasher::with_cost(8, 1);
        for raw in ["", "a long enough word", "\0"] {
            assert!(!hasher.verify(&attempt(raw), None));
        }
        assert_eq!(hasher.hash_count(), 3);
    }

    #[test]
    fn a_password_that_was_hashed_as_typed_stays_valid_where_it_was_typed() {
        let hasher = Hasher::with_cost(8, 1);
        let (composed, decomposed) = ("cr\u{e8}me", "cre\u{300}me");
        for stored in [composed, decomposed, "cr\u{e8}me\u{a0}"] {
            let stored_hash = hasher.hash_text(stored);
            assert!(hasher.verify(&attempt(stored), Some(&stored_hash)), "{stored:?}");
            assert!(!hasher.verify(&attempt("creme"), Some(&stored_hash)), "{stored:?}");
        }
        assert!(hasher.verify(&attempt(decomposed), Some(&hasher.hash_text(composed))));
    }

    #[test]
    fn a_wrong_password_costs_the_same_with_and_without_an_account() {
        let hasher = Hasher::with_cost(8, 1);
        let stored = hasher.hash_text("plain");
        for wrong in ["wrong", "\u{e8}", "e\u{300}", "\u{e8}\u{a0}"] {
            let cost = |stored| {
                let before = hasher.hash_count();
                assert!(!hasher.verify(&attempt(wrong), stored));
                hasher.hash_count() - before
            };
            assert_eq!(cost(Some(&stored)), cost(None), "{wrong:?}");
        }
    }

    #[test]
    fn a_right_password_costs_as_much_as_a_wrong_one() {
        let hasher = Hasher::with_cost(8, 1);
        for right in ["plain", "\u{e8}\u{a0}"] {
            let stored = hasher.hash_text(attempt(right).reveal());
            let before = hasher.hash_count();
            assert!(hasher.verify(&attempt(right), Some(&stored)));
            let cost = hasher.hash_count() - before;
            assert!(!hasher.verify(&attempt(right), None));
            assert_eq!(hasher.hash_count() - before, 2 * cost, "{right:?}");
        }
    }

    #[test]
    fn a_hash_is_renewed_only_when_it_was_cheaper() {
        let (cheap, dear) = (Hasher::with_cost(8, 1), Hasher::with_cost(16, 2));
        let right = attempt("a long enough word");
        let (old, new) = (cheap.hash_text(right.reveal()), dear.hash_text(right.reveal()));

        assert!(dear.verify(&right, Some(&dear.rehash(&old, &right).unwrap())));
        assert!(cheap.rehash(&new, &right).is_none());
        assert!(dear.rehash(&new, &right).is_none());
    }

    #[test]
    fn hashes_of_another_kind_are_not_read() {
        for other in [
            "",
            "$argon2id$none",
            "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aaaaaaaaaaaaaaaa",
            "$2b$12$x",
        ] {
            assert!(PasswordHash::from_stored(other).is_none(), "{other}");
        }
    }

    #[test]
    fn it_is_argon2id_as_others_compute_it() {
        // From test.c of the reference implementation.
        let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let reference = PasswordHash::from_stored(reference).unwrap();
        assert!(Hasher::with_cost(8, 1).verify(&attempt("password"), Some(&reference)));
    }
}
