//! Parameters that do not go together are refused before anything is created.

use super::Faults;
use super::shapes::Shape;
use super::yaml::Yaml;

type Given = &'static [(&'static str, &'static str)];

/// Parameters, and the words that say why they are refused; none if they are not.
const CASES: [(Given, &[&str]); 7] = [
    (&[], &[]),
    (&[("UseRdsProxy", "true")], &[]),
    (&[("DatabaseAuth", "iam")], &[]),
    (
        &[("UseRdsProxy", "true"), ("DatabaseAuth", "iam")],
        &["UseRdsProxy=true needs DatabaseAuth=secret"],
    ),
    (
        &[("Database", "existing"), ("DatabaseAuth", "iam")],
        &["DatabaseHost", "AppSecretArn", "OwnerSecretArn", "IAM tokens"],
    ),
    (
        &[
            ("Database", "existing"),
            ("DatabaseHost", "h"),
            ("AppSecretArn", "a"),
            ("OwnerSecretArn", "o"),
        ],
        &[],
    ),
    (&[("DomainName", "api.example.com")], &["CertificateArn"]),
];

pub(super) fn go_together(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    for (parameters, expected) in CASES {
        let refusals = Shape::given(yaml, parameters).refusals();
        let says = |words: &&str| refusals.iter().any(|refusal| refusal.contains(words));
        if refusals.len() != expected.len() || !expected.iter().all(says) {
            faults.push(format!("{parameters:?}: {refusals:?} instead of {expected:?}"));
        }
    }
    faults
}
