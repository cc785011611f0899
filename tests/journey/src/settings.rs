//! What a function says at its start about the variables it was given.

use stack::functions::{self, Profile};
use stack::{Progress, Template, tools};
use std::collections::BTreeMap;
use std::path::Path;
use tokio::process::Command;

/// May be empty, or are there for a secret in AWS.
const OPTIONAL: [&str; 5] = [
    "STRIPE_API_URL",
    "DATABASE_AUTH",
    "APP_DATABASE_AUTH",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_SESV2",
];
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

type Values = BTreeMap<String, String>;

fn template() -> Template {
    Template::load(&tools::workspace().join("template.yaml")).unwrap()
}

/// Good values for everything. Nothing answers there: whatever is wrong is found before anybody is asked.
fn good() -> Values {
    let [(_, signing), (_, public)] = local::keys_for_a_deploy();
    let signing = format!("-----BEGIN PRIVATE KEY-----\n{signing}\n-----END PRIVATE KEY-----\n");
    let values = [
        ("DATABASE_URL", "postgres://app_rw@127.0.0.1:1/shop"),
        ("MIGRATE_DATABASE_URL", "postgres://owner@127.0.0.1:1/shop"),
        ("TOKEN_KEYS", &public),
        ("TOKEN_SIGNING_KEY", &signing),
        ("REFRESH_KEY", KEY),
        ("LINK_KEY", KEY),
        ("STRIPE_SECRET_KEY", "sk_test_settings"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_settings"),
        ("STRIPE_LIVEMODE", "false"),
        ("STRIPE_API_URL", "http://127.0.0.1:1/"),
        ("MAIL_QUEUE_URL", "http://127.0.0.1:1/mail"),
        ("INVENTORY_QUEUE_URL", "http://127.0.0.1:1/inventory"),
        ("MAIL_DLQ_URL", "http://127.0.0.1:1/mail-dead"),
        ("INVENTORY_DLQ_URL", "http://127.0.0.1:1/inventory-dead"),
        ("MAIL_FROM", "shop@example.com"),
        ("MAIL_STAFF", "staff@example.com"),
        ("SHOP_URL", "https://shop.example.com"),
        // Where Lambda would be: who gets so far has found nothing wrong, and fails with other words.
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "settings"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ];
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What a function writes until it ends by itself, which it must, and as a failure.
async fn last_words(binaries: &Path, function: &str, values: &Values) -> String {
    let started = Command::new(binaries.join(function)).env_clear().envs(values).output().await;
    let ended = started.unwrap();
    assert!(!ended.status.success(), "{function} has started");
    [ended.stdout, ended.stderr].map(|said| String::from_utf8(said).unwrap()).concat()
}

/// Whether it is one line for a person, with these words.
fn is_clear(said: &str, words: &str) -> bool {
    said.lines().count() == 1
        && said.starts_with("Error: ")
        && said.contains(words)
        && !said.contains("panicked")
}

#[tokio::test]
async fn a_variable_that_is_missing_is_named_at_the_start_in_one_line() {
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    let mut tried = 0;
    for function in template().functions.into_values() {
        let needed = function.variables.iter().filter(|name| {
            // Every function is given the address, and the owner's function has its own.
            let other = function.binary == "migrate" && *name == "DATABASE_URL";
            !other && !name.ends_with("_ARN") && !OPTIONAL.contains(&name.as_str())
        });
        for missing in needed {
            let mut values = good();
            values.remove(missing);

            let said = last_words(&binaries, &function.binary, &values).await;

            let words = format!("{missing} is not set; the README lists every variable");
            assert!(is_clear(&said, &words), "{} without {missing}: {said}", function.binary);
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

#[tokio::test]
async fn a_variable_that_cannot_be_used_is_named_at_the_start_with_the_reason() {
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    for (function, name, value, words) in [
        ("catalog", "DATABASE_URL", "nonsense", "DATABASE_URL: not a PostgreSQL address"),
        (
            "orders",
            "DATABASE_URL",
            "postgres://app_rw@db.example.com/shop?sslmode=disable",
            "DATABASE_URL: sslmode=disable is for a database on this machine; this one is at db.example.com",
        ),
        (
            "docs",
            "DATABASE_PASSWORD_ARN",
            "arn:aws:sqs:x",
            "DATABASE_PASSWORD_ARN: arn:aws:sqs:x is not arn:",
        ),
        ("docs", "DATABASE_AUTH", "ldap", "DATABASE_AUTH is iam or not set, not ldap"),
        ("migrate", "MIGRATE_DATABASE_URL", "mysql://x", "MIGRATE_DATABASE_URL: not a PostgreSQL"),
        ("orders", "TOKEN_KEYS", "none", "TOKEN_KEYS cannot be used: "),
        ("accounts", "TOKEN_KEYS", r#"{"keys":[]}"#, "TOKEN_KEYS cannot be used: "),
        ("accounts", "TOKEN_SIGNING_KEY", "none", "TOKEN_SIGNING_KEY cannot be used: "),
        ("accounts", "REFRESH_KEY", "c2hvcnQ=", "REFRESH_KEY cannot be used: "),
        ("accounts", "LINK_KEY", "c2hvcnQ=", "LINK_KEY cannot be used: "),
        ("send-email", "LINK_KEY", "c2hvcnQ=", "LINK_KEY cannot be used: "),
        ("send-email", "MAIL_FROM", "shop", "MAIL_FROM is a mail address, not shop"),
        ("send-email", "SHOP_URL", "shop", "SHOP_URL is a URL, not shop"),
        ("inventory", "MAIL_QUEUE_URL", "MailQueue", "MAIL_QUEUE_URL is a URL, not MailQueue"),
        ("sweep", "MAIL_DLQ_URL", "dead", "MAIL_DLQ_URL is a URL, not dead"),
        (
            "stripe-webhook",
            "STRIPE_WEBHOOK_SECRETS",
            "whsec_one,two",
            "STRIPE_WEBHOOK_SECRETS cannot be used: a secret starts with whsec_",
        ),
        ("stripe-webhook", "STRIPE_LIVEMODE", "maybe", "STRIPE_LIVEMODE is true or false"),
        (
            "payments",
            "STRIPE_SECRET_KEY",
            "pk_test_public",
            "STRIPE_SECRET_KEY cannot be used: a secret key starts with sk_ or rk_",
        ),
        ("payments", "STRIPE_API_URL", "stripe", "STRIPE_API_URL is no URL"),
        ("payments", "STRIPE_SECRET_KEY", "sk_live_1", "a live key is for Stripe itself"),
        ("sweep", "STRIPE_SECRET_KEY", "rk_live_1", "a live key is for Stripe itself"),
        ("reconcile", "STRIPE_SECRET_KEY", "sk_live_1", "a live key is for Stripe itself"),
    ] {
        let mut values = good();
        values.insert(name.to_owned(), value.to_owned());

        let said = last_words(&binaries, function, &values).await;

        assert!(is_clear(&said, words), "{function} with {name}={value}: {said}");
        let is_secret = name.ends_with("KEY") || name.ends_with("SECRETS");
        assert!(!is_secret || !said.contains(value), "it tells a secret: {said}");
    }
}
