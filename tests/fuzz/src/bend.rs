//! Inputs: files of the corpus, bent.

use fastrand::Rng;

/// Words that parsers care about.
const WORDS: [&str; 22] = [
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
const MOST: usize = 4096;

/// Makes inputs out of the files of one target.
pub(crate) struct Bender {
    files: Vec<Vec<u8>>,
    luck: Rng,
}

impl Bender {
    pub(crate) fn new(target: &str, seed: u64) -> Self {
        let folder = stack::tools::workspace().join("tests/fuzz/corpus").join(target);
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let files = paths.iter().map(|path| std::fs::read(path).unwrap());
        Self { files: files.collect(), luck: Rng::with_seed(seed) }
    }

    /// A file as it is, or bent up to eight times.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.luck.choice(&self.files).cloned().unwrap_or_default();
        for _ in 0..self.luck.u8(0..=8) {
            self.bend(&mut bytes);
        }
        bytes.truncate(MOST);
        bytes
    }

    fn bend(&mut self, bytes: &mut Vec<u8>) {
        let (at, to) = self.piece(bytes);
        match self.luck.u8(0..8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let again = bytes.get(at..to).unwrap_or_default().to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let word = self.luck.choice(WORDS).unwrap_or_default();
                bytes.splice(at..at, word.bytes());
            }
            4 => {
                let word = self.luck.choice(WORDS).unwrap_or_default();
                bytes.splice(at..to, word.bytes());
            }
            5 => {
                let other = self.luck.choice(&self.files).cloned().unwrap_or_default();
                let (from, until) = self.piece(&other);
                bytes.splice(at..to, other.get(from..until).unwrap_or_default().iter().copied());
            }
            6 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = self.luck.u8(..);
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.luck.u8(0..8);
                }
            }
        }
    }

    /// Where a short piece of these bytes begins and ends.
    fn piece(&mut self, bytes: &[u8]) -> (usize, usize) {
        let at = self.luck.usize(0..=bytes.len());
        (at, (at + self.luck.usize(0..=32)).min(bytes.len()))
    }
}
