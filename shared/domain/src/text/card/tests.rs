use super::*;
use proptest::prelude::*;

/// Published by the networks and their processors for tests.
const CARDS: &str = "
    4242424242424242 4000056655665556 4111111111111111 4012888888881881 4000002500003155 4000000000000000006
    5555555555554444 5105105105105100 5200828282828210 2223003122003222 2223000048400011 2720990000000007
    378282246310005 371449635398431 378734493671000 341111597241002
    6011111111111117 6011000990139424 6011981111111113 6500000000000002 6445644564456445
    3056930009020004 36227206271667 30569309025904 38520000023237 36700102000000 36006666333344
    3566002020360505 3530111333300000 3569990010095841
    6200000000000005 6200000000000047 6205500000000000004 8171999927660000 8171999900000000021 6243030000000001
    6304000000000000 6759649826438453 6799990100000000019 6771798021000008 5000550000000029 5020620000000000
    6761000000000006 501800000009 5641820000000005 6331101999990016 6703444444444449";

/// `#` is any digit: phone numbers as they are printed, dialled from abroad, and bare.
const PHONES: [&str; 30] = [
    "+1 ### ### ####",
    "1##########",
    "(###) ###-####",
    "+44 #### ######",
    "0044##########",
    "44##########",
    "+49 1## ########",
    "49151########",
    "01## ########",
    "+33 # ## ## ## ##",
    "33#########",
    "+39 3## #######",
    "393#########",
    "+34 ### ### ###",
    "+43 6## ########",
    "436##########",
    "+41 ## ### ## ##",
    "41#########",
    "+55 (##) 9####-####",
    "5511#########",
    "+86 1## #### ####",
    "861##########",
    "+81 #0-####-####",
    "+91 ##### #####",
    "91##########",
    "+62 8##-####-####",
    "628##########",
    "+57 3## ### ####",
    "573#########",
    "639#########",
];

/// Country, and its account number: `#` is a digit, `@` a letter.
const ACCOUNTS: [(&str, &str); 18] = [
    ("DE", "##################"),
    ("FR", "####################@##"),
    ("IT", "@######################"),
    ("ES", "####################"),
    ("NL", "@@@@##########"),
    ("BE", "############"),
    ("AT", "################"),
    ("CH", "#################"),
    ("GB", "@@@@##############"),
    ("PL", "########################"),
    ("SE", "####################"),
    ("DK", "##############"),
    ("NO", "###########"),
    ("FI", "##############"),
    ("PT", "#####################"),
    ("HU", "########################"),
    ("IE", "@@@@##############"),
    ("TR", "######################"),
];

/// The same numbers in every run (a linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % end
    }

    fn fill(&mut self, shape: &str) -> String {
        let mut character = |c| match c {
            '#' => char::from_digit(self.below(10), 10).unwrap(),
            '@' => char::from_digit(10 + self.below(26), 36).unwrap().to_ascii_uppercase(),
            other => other,
        };
        shape.chars().map(&mut character).collect()
    }

    /// With valid check digits, bare.
    fn iban(&mut self) -> String {
        let index = self.below(u32::try_from(ACCOUNTS.len()).unwrap());
        let (country, account) = ACCOUNTS[usize::try_from(index).unwrap()];
        let account = self.fill(account);
        let mut all = (2..=98).map(|digits| format!("{country}{digits:02}{account}"));
        all.find(|iban| iban::without_ibans(iban) == ";").unwrap()
    }
}

fn in_groups(of: usize, digits: &str, separator: &str) -> String {
    let characters: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = characters.chunks(of).map(|group| group.iter().collect()).collect();
    groups.join(separator)
}

#[test]
fn published_test_numbers_of_all_networks_are_found_however_they_are_written() {
    for card in CARDS.split_whitespace() {
        let written = [
            card.to_owned(),
            in_groups(4, card, " "),
            in_groups(4, card, "-"),
            in_groups(4, card, "\u{a0}"),
            in_groups(4, card, " – "),
            in_groups(1, card, " "),
            format!("my card:{card}, thanks"),
            format!("Visa{card}"),
            format!("カード{card}です"),
            format!("flat 12 {} 12/28 123", in_groups(4, card, " ")),
            card.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect(),
        ];
        for text in written {
            assert!(contains_card_number(&text), "{text}");
        }
    }
    for text in [
        "3782 822463 10005",
        "3056 930902 5904",
        "620550 0000000000004",
        "42 42 42 42 42 42 42 42",
        "4242 4242 4242 4242 0928 123",
        "4242 4242 4242 4242\n5555 5555 5555 4444",
        "4242424242424242,5555555555554444",
        "Ring +49 30 123456 or charge 4242 4242 4242 4242",
        "DE89370400440532013000 4242 4242 4242 4242",
    ] {
        assert!(contains_card_number(text), "{text}");
    }
}

#[test]
fn numbers_of_other_kinds_are_no_cards() {
    let lines = include_str!("other_numbers.txt").lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let (kind, numbers) = line.split_once(": ").unwrap();
        for number in numbers.split(", ") {
            for text in [number.to_owned(), format!("Please note {number} before you come.")] {
                assert!(!contains_card_number(&text), "{kind}: {text}");
            }
            count += 1;
        }
    }
    assert!(count > 160, "{count}");
}

#[test]
fn no_phone_number_is_a_card() {
    let mut random = Random(1);
    for shape in PHONES {
        for _ in 0..100 {
            let phone = random.fill(shape);
            assert!(!contains_card_number(&format!("call {phone} please")), "{phone}");
        }
    }
}

#[test]
fn no_iban_is_a_card_and_hardly_one_with_a_wrong_digit() {
    let mut random = Random(2);
    let mut refused = 0;
    for _ in 0..1_000 {
        let iban = random.iban();
        let wrong = format!("{}{}", &iban[..iban.len() - 1], u8::from(iban.ends_with('0')));
        for text in
            [iban.clone(), in_groups(4, &iban, " "), format!("from {}.", in_groups(4, &iban, "-"))]
        {
            assert!(!contains_card_number(&text), "{text}");
        }
        refused += usize::from(contains_card_number(&in_groups(4, &wrong, " ")));
        refused += usize::from(contains_card_number(&wrong));
    }
    assert!(refused <= 2, "{refused} of 2,000");
}

/// No rule can tell these from cards: what is left of one in ten.
#[test]
fn few_numbers_as_long_as_cards_are_refused() {
    let mut random = Random(3);
    let mut refused = |digits| {
        let shape = "#".repeat(digits);
        (0..2_000).filter(|_| contains_card_number(&random.fill(&shape))).count()
    };
    let counts: Vec<usize> = (12..=19).map(&mut refused).collect();
    let most = [2, 0, 14, 8, 90, 12, 4, 70];
    assert!(
        counts.iter().zip(most).all(|(count, most)| *count <= most),
        "{counts:?} of 2,000 each"
    );
}

proptest! {
    #[test]
    fn one_wrong_digit_makes_it_no_card(at in 0..16_usize, by in 1..10_u32) {
        let mut digits: Vec<u32> = "4242424242424242".chars().filter_map(|c| c.to_digit(10)).collect();
        digits[at] = (digits[at] + by) % 10;
        let text: String = digits.iter().map(ToString::to_string).collect();
        prop_assert!(!contains_card_number(&text), "{}", text);
    }

    #[test]
    fn any_text_can_be_looked_at(text in any::<String>()) {
        contains_card_number(&text);
    }
}
