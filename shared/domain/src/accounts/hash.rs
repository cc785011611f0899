//! How passwords are kept: Argon2id, as OWASP asks for at least.

use super::password::{Guess, Password};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use std::sync::{Arc, Mutex, PoisonError};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const OUTPUT: usize = 32;

/// A password as it is stored, with all that it takes to check another against it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PasswordHash {
    text: String,
    params: Params,
    salt: Salt,
    output: Output,
}

/// Makes and checks hashes. Clones share their memory.
///
/// The memory is kept: allocated anew for every hash, its pages are hardly ever reused by glibc before 2.38,
/// and a busy function grows by gigabytes.
#[derive(Clone)]
pub struct Hasher(Arc<Desk>);

struct Desk {
    params: Params,
    /// What is checked when there is no account: it takes as long as any other, and fits no password.
    nobody: PasswordHash,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    blocks: Vec<Block>,
    hashes: u64,
}

impl Hasher {
    /// As the shop hashes: 19 MiB, twice over, about 15 ms on a whole core.
    #[expect(clippy::new_without_default, reason = "what it costs should be seen at the call")]
    pub fn new() -> Self {
        Self::costing(MEMORY_KIB, PASSES)
    }

    /// Cheaper or dearer, for tests. Panics below the 8 KiB and the one pass that Argon2 needs.
    #[expect(clippy::missing_panics_doc, reason = "said in the sentence above")]
    pub fn costing(memory_kib: u32, passes: u32) -> Self {
        let params = Params::new(memory_kib, passes, 1, Some(OUTPUT))
            .expect("Argon2 takes at least 8 KiB and one pass");
        let nobody = PasswordHash::new(params.clone(), [0; 16], &[0; OUTPUT]);
        Self(Arc::new(Desk { params, nobody, memory: Mutex::default() }))
    }

    /// How many hashes were computed: a caller who waits for one must not learn why.
    pub fn hashes(&self) -> u64 {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner).hashes
    }

    pub(super) fn hash(&self, password: &Password) -> PasswordHash {
        self.hash_text(password.reveal())
    }

    /// The hash of a guess that turned out right, for when the old one has become too cheap.
    pub(super) fn renew(&self, stored: &PasswordHash, right: &Guess) -> Option<PasswordHash> {
        let (old, today) = (&stored.params, &self.0.params);
        let is_cheap = old.m_cost() < today.m_cost() || old.t_cost() < today.t_cost();
        is_cheap.then(|| self.hash_text(right.reveal()))
    }

    /// Whether the guess is right. Costs one hash even if there is nothing to compare it to.
    pub(super) fn fits(&self, guess: &Guess, stored: Option<&PasswordHash>) -> bool {
        let PasswordHash { params, salt, output, .. } = stored.unwrap_or(&self.0.nobody);
        let computed = self.compute(guess.reveal(), salt, params);
        verify_slices_are_equal(&computed[..output.len()], output.as_bytes()).is_ok()
            && stored.is_some()
    }

    fn hash_text(&self, text: &str) -> PasswordHash {
        let mut salt = [0; 16];
        rand::fill(&mut salt).expect("the kernel has randomness");
        let params = &self.0.params;
        let output = self.compute(text, &salt, params);
        PasswordHash::new(params.clone(), salt, &output[..OUTPUT])
    }

    fn compute(&self, text: &str, salt: &[u8], params: &Params) -> [u8; Output::MAX_LENGTH] {
        // A panic leaves no more than scribble behind, and all of it is written anew.
        let mut memory = self.0.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Memory { blocks, hashes } = &mut *memory;
        *hashes += 1;
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
            .expect("text, salt and output are of lengths that Argon2 takes");
        output
    }
}

impl PasswordHash {
    /// From a PHC string that we wrote.
    pub(super) fn from_stored(text: &str) -> Option<Self> {
        let phc = Phc::new(text).ok()?;
        let is_ours = phc.algorithm == ARGON2ID_IDENT && phc.version == Some(Version::V0x13.into());
        let params = Params::try_from(&phc).ok()?;
        Some(Self { text: text.to_owned(), params, salt: phc.salt?, output: phc.hash? })
            .filter(|_| is_ours)
    }

    /// The PHC string.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn new(params: Params, salt: [u8; 16], output: &[u8]) -> Self {
        let salt = Salt::new(&salt).expect("16 bytes are a salt");
        let output = Output::new(output).expect("32 bytes are a hash");
        let phc = Phc {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).expect("three numbers fit"),
            salt: Some(salt),
            hash: Some(output),
        };
        Self { text: phc.to_string(), params, salt, output }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::email::Email;

    fn password(raw: &str) -> Password {
        Password::parse(raw, &Email::parse("ann@example.com").unwrap()).unwrap()
    }

    fn guess(raw: &str) -> Guess {
        Guess::parse(raw).unwrap()
    }

    #[test]
    fn a_hash_is_stored_with_its_parameters_and_read_back() {
        let hasher = Hasher::new();

        let hash = hasher.hash(&password("a long enough word"));
        let read = PasswordHash::from_stored(hash.text()).unwrap();

        assert!(hash.text().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.text());
        assert!(hasher.fits(&guess("a long enough word"), Some(&read)));
        assert!(!hasher.fits(&guess("a long enough Word"), Some(&read)));
    }

    #[test]
    fn the_same_password_is_never_hashed_to_the_same_text() {
        let hasher = Hasher::costing(8, 1);
        let one = hasher.hash(&password("a long enough word"));
        assert_ne!(one.text(), hasher.hash(&password("a long enough word")).text());
    }

    #[test]
    fn no_guess_fits_nobody_and_each_costs_a_hash() {
        let hasher = Hasher::costing(8, 1);
        for raw in ["", "a long enough word", "\0"] {
            assert!(!hasher.fits(&guess(raw), None));
        }
        assert_eq!(hasher.hashes(), 3);
    }

    #[test]
    fn a_hash_is_renewed_only_when_it_was_cheaper() {
        let (cheap, dear) = (Hasher::costing(8, 1), Hasher::costing(16, 2));
        let right = guess("a long enough word");
        let (old, new) = (cheap.hash_text(right.reveal()), dear.hash_text(right.reveal()));

        assert!(dear.fits(&right, Some(&dear.renew(&old, &right).unwrap())));
        assert!(cheap.renew(&new, &right).is_none());
        assert!(dear.renew(&new, &right).is_none());
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
        // From test.c of the reference code.
        let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let reference = PasswordHash::from_stored(reference).unwrap();
        assert!(Hasher::costing(8, 1).fits(&guess("password"), Some(&reference)));
    }
}
