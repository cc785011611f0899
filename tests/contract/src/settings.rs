//! The README documents the environment variables that `template.yaml` gives to the functions.

use crate::routes::template;
use crate::workspace;
use std::collections::BTreeSet;

/// The variables in the first column of the README's table.
fn documented() -> Vec<String> {
    let readme = workspace::read("README.md");
    let (_, settings) = readme.split_once("\n## Settings\n").unwrap();
    let (settings, _) = settings.split_once("\n## ").unwrap();
    let names = settings.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names = names.flat_map(|names| names.split(", "));
    names.map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_readme_explains_every_variable_of_the_template_and_no_other() {
    let documented = documented();
    let template = template();
    let given: BTreeSet<_> =
        template.functions.values().flat_map(|function| &function.variables).cloned().collect();

    assert_eq!(documented.iter().cloned().collect::<BTreeSet<_>>(), given);
    assert_eq!(documented.len(), given.len(), "a variable is explained twice");
}
