//! The environment variables of an instance: those of Lambda and those that the template declares, no others.

use super::Error;
use crate::template::{Function, Template};
use std::{collections::BTreeMap, env};

pub(super) type Environment = BTreeMap<String, String>;

/// The environments of all functions in the order of the template. Fails with the list of all missing values.
pub(super) fn all(
    template: &Template,
    aws: &Environment,
    values: &BTreeMap<String, String>,
) -> Result<Vec<Environment>, Error> {
    let mut missing = Vec::new();
    let mut all = Vec::new();
    for function in template.functions.values() {
        let mut environment = lambda_variables(function);
        environment.extend(aws.clone());
        for name in &function.variables {
            // In place of the ARN of a secret, `X_ARN`, the plain value may be given as `X`.
            let plain = name.strip_suffix("_ARN").filter(|_| !values.contains_key(name));
            let name = plain.unwrap_or(name);
            match values.get(name) {
                Some(value) => {
                    environment.insert(name.to_owned(), value.clone());
                }
                None => missing.push(format!("{}: {name}", function.id)),
            }
        }
        all.push(environment);
    }
    if missing.is_empty() { Ok(all) } else { Err(Error::NoValue { missing }) }
}

fn lambda_variables(function: &Function) -> Environment {
    let path = env::var("PATH").unwrap_or_default();
    [
        ("AWS_LAMBDA_FUNCTION_NAME", function.id.as_str()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &function.memory_mb.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", function.id)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
        ("PATH", &path),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
        Resources:
          Orders:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: functions/orders
              Environment: {Variables: {DATABASE_URL: '', STRIPE_SECRET_KEY: ''}}
        ";

    #[test]
    fn a_variable_without_a_value_is_named_with_its_function() {
        let template = Template::parse(TEMPLATE).unwrap();
        let values = BTreeMap::from([("DATABASE_URL".to_owned(), "postgres://".to_owned())]);

        let error = all(&template, &BTreeMap::new(), &values).unwrap_err();

        assert!(error.to_string().ends_with("Orders: STRIPE_SECRET_KEY"), "{error}");
    }

    #[test]
    fn what_the_template_has_in_secrets_manager_may_be_given_as_it_is() {
        let template =
            Template::parse(&TEMPLATE.replace("STRIPE_SECRET_KEY", "STRIPE_SECRET_KEY_ARN"));
        let names = ["DATABASE_URL", "STRIPE_SECRET_KEY"];
        let values = names.map(|name| (name.to_owned(), "x".to_owned())).into();

        let environments = all(&template.unwrap(), &BTreeMap::new(), &values).unwrap();

        assert_eq!(environments[0].get("STRIPE_SECRET_KEY").unwrap(), "x");
        assert!(!environments[0].contains_key("STRIPE_SECRET_KEY_ARN"));
    }

    #[test]
    fn a_value_that_a_function_does_not_declare_stays_outside() {
        let template = Template::parse(TEMPLATE).unwrap();
        let names = ["DATABASE_URL", "STRIPE_SECRET_KEY", "JWT_PRIVATE_KEY"];
        let values = names.map(|name| (name.to_owned(), "x".to_owned())).into();

        let environments = all(&template, &BTreeMap::new(), &values).unwrap();

        assert!(environments[0].contains_key("STRIPE_SECRET_KEY"));
        assert!(!environments[0].contains_key("JWT_PRIVATE_KEY"));
    }
}
