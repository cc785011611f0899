//! Forms of text in which what people read as the same is the same. They depend on Unicode alone, not on the locale of a
//! server.

use unicode_normalization::UnicodeNormalization as _;

/// The longest sort key has twice as many characters, so that it fits into an index.
const MAX_SORTED: usize = 200;

/// Letters that differ from others by a stroke or are joined: Unicode does not take them apart.
const LETTERS: [(char, &str); 16] = [
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ħ', "h"),
    ('ŧ', "t"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ð', "d"),
    ('þ', "th"),
    ('ı', "i"),
    // Arabic, as its keyboards and the Persian ones write it.
    ('ى', "ي"),
    ('ی', "ي"),
    ('ک', "ك"),
    ('ة', "ه"),
    ('ہ', "ه"),
    ('ھ', "ه"),
];
/// How German, Danish, Norwegian and Swedish write these letters where a keyboard lacks them.
const TRANSCRIBED: [(char, &str); 5] =
    [('ä', "ae"), ('ö', "oe"), ('ü', "ue"), ('ø', "oe"), ('å', "aa")];
/// The zero of each script that has decimal digits of its own.
const ZEROS: [u32; 24] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1b50,
];

/// NFKC without case: `Straße` and `STRASSE` are `strasse`, `㎖` is `ml`, `１` and `١` are `1`. What is not seen is left
/// out, such as soft hyphens.
pub(crate) fn fold(text: &str) -> String {
    let visible = text.nfkc().filter(|c| !is_invisible(*c));
    // To upper case and back, because some letters share only that: ß and SS, ς and σ. First down, for ẞ.
    let upper = visible.flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).map(ascii_digit).nfkc().collect()
}

/// Folded text without accents and vowel points: `creme` for `crème`. What is a letter of its own in its script stays.
pub(crate) fn without_accents(folded: &str) -> String {
    let letters = folded.nfd().filter(|c| !is_accent(*c));
    replaced(letters, &LETTERS).nfc().collect()
}

/// Folded text without accents in the other spelling: `mueller` for `müller`.
pub(crate) fn transcribe(folded: &str) -> String {
    let letters: String = replaced(folded.chars(), &TRANSCRIBED).collect();
    without_accents(&letters)
}

/// Sorts text when compared byte by byte: by letters whatever their case or accents, then by accents.
pub(crate) fn sort_key(text: &str) -> String {
    let folded: String = fold(text).chars().take(MAX_SORTED).collect();
    let letters: String = without_accents(&folded).chars().take(MAX_SORTED).collect();
    // Less than any character of a name, so that `apfel` comes before `apfelmus`.
    let accents = if letters == folded { "" } else { &folded };
    format!("{letters}\u{1}{accents}")
}

fn replaced(
    letters: impl Iterator<Item = char>,
    by: &'static [(char, &'static str)],
) -> impl Iterator<Item = char> {
    letters.flat_map(|letter| {
        let known = by.iter().find(|(from, _)| *from == letter);
        let one = known.is_none().then_some(letter);
        known.map_or("", |(_, to)| to).chars().chain(one)
    })
}

fn ascii_digit(c: char) -> char {
    let value = u32::from(c);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&value));
    zero.and_then(|zero| char::from_digit(value - zero, 10)).unwrap_or(c)
}

/// Marks above, below and across letters in Latin, Greek, Cyrillic, Hebrew and Arabic. In other scripts marks are vowels.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}'
        | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Soft hyphens, joiners, marks of direction, variants of emoji, and the line that stretches Arabic words.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_width_and_what_is_not_seen_make_no_difference() {
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("㎖ ㎏ ﬁ Ⅳ ²", "ml kg fi IV 2"),
            ("ＭＵＧ　１２", "mug 12"),
            ("ﾊﾟﾜｰ", "パワー"),
            ("١٢٣ ९", "123 9"),
            ("Donau\u{ad}dampf", "donaudampf"),
            ("cafe\u{301}", "CAFÉ"),
            ("می\u{200c}خواهم", "میخواهم"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("crème"), fold("creme"));
    }

    #[test]
    fn accents_go_and_letters_stay() {
        for (text, expected) in [
            ("Crème brûlée", "creme brulee"),
            ("Smørrebrød ÆØÅ", "smorrebrod aeoa"),
            ("Łódź", "lodz"),
            ("Phở Đặc Biệt", "pho dac biet"),
            ("İstanbul ıspanak", "istanbul ispanak"),
            ("Ёлка", "елка"),
            ("شَاي", "شاي"),
            ("चाय की केतली", "चाय की केतली"),
            ("がぎぐ", "がぎぐ"),
            ("กาน้ำชา", &fold("กาน้ำชา")),
            ("커피", "커피"),
        ] {
            assert_eq!(without_accents(&fold(text)), expected);
        }
        assert_eq!(transcribe(&fold("Müller Öl Blåbær Crème")), "mueller oel blaabaer creme");
    }

    #[test]
    fn names_sort_by_letters_then_by_accents() {
        let sorted =
            ["50 ml", "apfel", "Äpfel", "Apfelmus", "Banane", "éclair", "Zebra", "яблоко", "茶碗"];
        for pair in sorted.windows(2) {
            assert!(sort_key(pair[0]) < sort_key(pair[1]), "{pair:?}");
        }
        assert_eq!(sort_key("MUG"), sort_key("mug"));
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(&fold(&once), &once);
            let plain = without_accents(&once);
            prop_assert_eq!(&without_accents(&plain), &plain);
        }

        #[test]
        fn a_sort_key_fits_into_an_index(text in "[ﷺǰΐa]{0,200}") {
            prop_assert!(sort_key(&text).len() <= 2000);
        }
    }
}
