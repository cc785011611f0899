//! Generates inputs by mutating the files of the corpus.

use fastrand::Rng;

/// Text that is significant to parsers.
const TOKENS: [&str; 22] = [
    "\"",
    "\\\"",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e999",
    "0.1",
    "9223372036854775808",
    "\u{0}",
    "\u{202e}",
    "=",
    ",v1=",
    "t=",
    ".",
];
const MAX_LENGTH: usize = 4096;

/// Generates the inputs of one target.
pub(crate) struct Mutator {
    files: Vec<Vec<u8>>,
    random: Rng,
}

impl Mutator {
    pub(crate) fn new(target: &str, seed: u64) -> Self {
        let folder = stack::tools::workspace().join("tests/fuzz/corpus").join(target);
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let files = paths.iter().map(|path| std::fs::read(path).unwrap());
        Self { files: files.collect(), random: Rng::with_seed(seed) }
    }

    /// A file of the corpus with up to eight mutations, at most 4096 bytes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.random.choice(&self.files).cloned().unwrap_or_default();
        for _ in 0..self.random.u8(0..=8) {
            self.mutate(&mut bytes);
        }
        bytes.truncate(MAX_LENGTH);
        bytes
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let (start, end) = self.random_range(bytes);
        match self.random.u8(0..8) {
            0 => bytes.truncate(start),
            1 => drop(bytes.drain(start..end)),
            2 => {
                let copy = bytes.get(start..end).unwrap_or_default().to_vec();
                bytes.splice(start..start, copy);
            }
            3 => {
                let token = self.random.choice(TOKENS).unwrap_or_default();
                bytes.splice(start..start, token.bytes());
            }
            4 => {
                let token = self.random.choice(TOKENS).unwrap_or_default();
                bytes.splice(start..end, token.bytes());
            }
            5 => {
                let other = self.random.choice(&self.files).cloned().unwrap_or_default();
                let (from, to) = self.random_range(&other);
                bytes.splice(start..end, other.get(from..to).unwrap_or_default().iter().copied());
            }
            6 => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte = self.random.u8(..);
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte ^= 1 << self.random.u8(0..8);
                }
            }
        }
    }

    /// A random range of up to 32 bytes.
    fn random_range(&mut self, bytes: &[u8]) -> (usize, usize) {
        let start = self.random.usize(0..=bytes.len());
        (start, (start + self.random.usize(0..=32)).min(bytes.len()))
    }
}
