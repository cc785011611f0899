//! A missing or invalid environment variable ends a function at its start, with one clear line.

use stack::functions::{self, Profile};
use stack::{Progress, Template, tools};
use std::collections::BTreeMap;
use std::path::Path;
use tokio::process::Command;

/// Optional, or only for secrets in AWS.
const OPTIONAL: [&str; 7] = [
    "TRUSTED_PROXIES",
    "STRIPE_API_URL",
    "DATABASE_AUTH",
    "APP_DATABASE_AUTH",
    "DATABASE_MAX_CONNECTIONS",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_SESV2",
];
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

type Values = BTreeMap<String, String>;

fn template() -> Template {
    Template::load(&tools::workspace().join("template.yaml")).unwrap()
}

/// Valid values for all variables. Nothing listens at the addresses: functions check values before they connect.
fn valid_values() -> Values {
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
        ("STRIPE_VOUCHERS", "false"),
        ("STRIPE_API_URL", "http://127.0.0.1:1/"),
        ("MAIL_QUEUE_URL", "http://127.0.0.1:1/mail"),
        ("INVENTORY_QUEUE_URL", "http://127.0.0.1:1/inventory"),
        ("MAIL_DLQ_URL", "http://127.0.0.1:1/mail-dead"),
        ("INVENTORY_DLQ_URL", "http://127.0.0.1:1/inventory-dead"),
        ("MAIL_FROM", "shop@example.com"),
        ("MAIL_STAFF", "staff@example.com"),
        ("SHOP_URL", "https://shop.example.com"),
        // A function that accepts all its variables gets as far as this address, and fails with another message.
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "settings"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ];
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What a function writes before it exits with a failure.
async fn failure_output(binaries: &Path, function: &str, values: &Values) -> String {
    let output = Command::new(binaries.join(function)).env_clear().envs(values).output().await;
    let output = output.unwrap();
    assert!(!output.status.success(), "{function} has started");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

/// Whether it is one error line that contains `message`.
fn is_one_line(output: &str, message: &str) -> bool {
    output.lines().count() == 1
        && output.starts_with("Error: ")
        && output.contains(message)
        && !output.contains("panicked")
}

#[tokio::test]
async fn a_variable_that_is_missing_is_named_at_the_start_in_one_line() {
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    let mut tried = 0;
    for function in template().functions.into_values() {
        let needed = function.variables.iter().filter(|name| {
            // `DATABASE_URL` is set for all functions; Migrate uses its own variable instead.
            let other = function.binary == "migrate" && *name == "DATABASE_URL";
            !other && !name.ends_with("_ARN") && !OPTIONAL.contains(&name.as_str())
        });
        for missing in needed {
            let mut values = valid_values();
            values.remove(missing);

            let output = failure_output(&binaries, &function.binary, &values).await;

            let message = format!("{missing} is not set; the README lists every variable");
            assert!(
                is_one_line(&output, &message),
                "{} without {missing}: {output}",
                function.binary
            );
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

#[tokio::test]
async fn a_variable_that_cannot_be_used_is_named_at_the_start_with_the_reason() {
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    for (function, name, value, message) in [
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
        (
            "migrate",
            "DATABASE_MAX_CONNECTIONS",
            "many",
            "DATABASE_MAX_CONNECTIONS is a whole number",
        ),
        ("orders", "TOKEN_KEYS", "none", "TOKEN_KEYS cannot be used: "),
        ("accounts", "TOKEN_KEYS", r#"{"keys":[]}"#, "TOKEN_KEYS cannot be used: "),
        ("accounts", "TOKEN_SIGNING_KEY", "none", "TOKEN_SIGNING_KEY cannot be used: "),
        ("accounts", "REFRESH_KEY", "c2hvcnQ=", "REFRESH_KEY cannot be used: "),
        ("accounts", "LINK_KEY", "c2hvcnQ=", "LINK_KEY cannot be used: "),
        ("accounts", "TRUSTED_PROXIES", "2", "TRUSTED_PROXIES cannot be used: 2 is neither an IP"),
        (
            "accounts",
            "TRUSTED_PROXIES",
            "0.0.0.0/0",
            "TRUSTED_PROXIES cannot be used: 0.0.0.0/0 is too",
        ),
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
        ("payments", "STRIPE_LIVEMODE", "yes", "STRIPE_LIVEMODE is true or false"),
        ("payments", "STRIPE_VOUCHERS", "some", "STRIPE_VOUCHERS is true or false"),
        ("sweep", "STRIPE_VOUCHERS", "", "STRIPE_VOUCHERS is not set"),
        ("sweep", "STRIPE_LIVEMODE", "1", "STRIPE_LIVEMODE is true or false"),
        ("reconcile", "STRIPE_LIVEMODE", "live", "STRIPE_LIVEMODE is true or false"),
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
        let mut values = valid_values();
        values.insert(name.to_owned(), value.to_owned());

        let output = failure_output(&binaries, function, &values).await;

        assert!(is_one_line(&output, message), "{function} with {name}={value}: {output}");
        let is_secret = name.ends_with("KEY") || name.ends_with("SECRETS");
        assert!(!is_secret || !output.contains(value), "it contains a secret: {output}");
    }
}
