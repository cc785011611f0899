//! `template.yaml`, the routers and the OpenAPI document have the same routes, and `HEAD` is served wherever `GET` is.

use crate::all_functions::AllFunctions;
use crate::document::operations;
use crate::workspace::{self, crates};
use domain::accounts::Role;
use stack::Template;
use stack::template::Route;
use std::collections::BTreeSet;

/// Routes that are not in the document: function, method, path and reason.
const UNPUBLISHED: [(&str, &str, &str, &str); 2] = [
    ("docs", "GET", "/docs/{file}", "scripts and styles of the page at /docs"),
    ("inventory", "POST", "/v1/inventory/sync", "the former address of POST /v1/stock-counts"),
];
/// The function that answers what has no route.
const ELSEWHERE: &str = "docs";

pub(crate) fn is_unpublished(method: &str, path: &str) -> bool {
    UNPUBLISHED.iter().any(|(_, known, at, _)| (*known, *at) == (method, path))
}

pub(crate) fn template() -> Template {
    Template::load(&workspace::root().join("template.yaml")).unwrap()
}

#[test]
fn the_template_has_the_routes_of_the_document_and_each_leads_to_its_function() {
    let published = operations().into_iter().map(|operation| {
        (operation.function.to_owned(), operation.method.clone(), operation.path.clone())
    });
    let unpublished = UNPUBLISHED.map(|(function, method, path, _)| {
        (function.to_owned(), method.to_owned(), path.to_owned())
    });
    let mut served: BTreeSet<_> = published.chain(unpublished).collect();
    let reads = served.iter().filter(|(_, method, _)| method == "GET").cloned();
    let heads: Vec<_> =
        reads.map(|(function, _, path)| (function, "HEAD".to_owned(), path)).collect();
    served.extend(heads);
    served.insert((ELSEWHERE.to_owned(), "ANY".to_owned(), Route::DEFAULT.to_owned()));
    let template = template();
    let deployed = template.routes().map(|(route, function)| {
        (function.binary.clone(), route.method.clone(), route.path.clone())
    });
    let deployed: BTreeSet<_> = deployed.collect();

    let missing: Vec<_> = served.difference(&deployed).collect();
    let unknown: Vec<_> = deployed.difference(&served).collect();
    assert!(missing.is_empty(), "template.yaml lacks the routes {missing:?}");
    assert!(unknown.is_empty(), "template.yaml has routes that no router has: {unknown:?}");
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    let resources = functions.resources().await;
    for operation in operations().into_iter().filter(|operation| operation.method == "GET") {
        let path = functions.path(&operation, &resources);
        let api = &functions.apis[operation.function];
        let call = |method: &str| {
            let call = api.call(method.parse().unwrap(), &path);
            call.by(&admin).header("x-request-id", "r-1")
        };

        let (get, head) = (call("GET").await, call("HEAD").await);

        assert!(!get.bytes.is_empty(), "{operation}");
        assert!(head.bytes.is_empty(), "{operation}: {head:?}");
        let length = get.bytes.len().to_string();
        assert_eq!(head.header("content-length"), Some(&*length), "{operation}");
        assert_eq!((head.status, head.headers), (get.status, get.headers), "{operation}");
    }
}

/// A SKU that is the word of another route could not be read. Beside a parameter no route has a word, whatever the form of
/// the parameter is today.
#[test]
fn no_word_of_a_route_is_a_possible_value_of_a_parameter_beside_it() {
    let paths: BTreeSet<_> = operations().into_iter().map(|operation| operation.path).collect();
    let hidden = |paths: &BTreeSet<String>| -> Vec<String> {
        let pairs = paths.iter().flat_map(|word| paths.iter().map(move |general| (word, general)));
        let hidden = pairs.filter(|(word, general)| hides(word, general));
        hidden.map(|(word, general)| format!("{word} hides a value of {general}")).collect()
    };
    assert_eq!(hidden(&paths), Vec::<String>::new());

    let planted =
        ["/v1/a/{sku}", "/v1/a/sync", "/v1/a/{sku}/b", "/v1/a/c/{id}", "/v1/a", "/v1/{b}/d/e"];
    let planted = planted.map(str::to_owned).into();
    let found =
        ["/v1/a/c/{id} hides a value of /v1/a/{sku}/b", "/v1/a/sync hides a value of /v1/a/{sku}"];
    assert_eq!(hidden(&planted)[..2], found);
    assert_eq!(hidden(&planted).len(), 3, "{:?}", hidden(&planted));
}

/// Whether an address fits both paths, and has a word of `word` where `general` has a parameter.
fn hides(word: &str, general: &str) -> bool {
    let is_parameter = |segment: &str| segment.starts_with('{');
    let (words, generals): (Vec<_>, Vec<_>) =
        (word.split('/').collect(), general.split('/').collect());
    let pairs = || words.iter().zip(&generals);
    words.len() == generals.len()
        && pairs().all(|(one, other)| one == other || is_parameter(one) || is_parameter(other))
        && pairs().any(|(one, other)| !is_parameter(one) && is_parameter(other))
}

#[test]
fn every_function_is_a_crate_with_a_binary_of_its_name() {
    let crates = crates();
    let mut deployed = BTreeSet::new();
    for function in template().functions.values() {
        let id = &function.id;
        let code = crates.values().find(|ours| ours.folder == function.code);
        let code = code.unwrap_or_else(|| panic!("{id}: there is no crate in {}", function.code));
        assert_eq!(code.name, function.binary, "{id}: the crate has the name of its folder");
        assert_eq!(
            code.binaries,
            std::slice::from_ref(&function.binary),
            "{id}: one binary, with the name of the crate"
        );
        assert_eq!(pascal(&function.binary), *id, "the logical id is the folder's name");
        assert!(deployed.insert(function.binary.clone()), "{} is deployed twice", function.binary);
    }
    let folders: BTreeSet<_> = workspace::folders("functions").into_iter().collect();
    assert_eq!(folders, deployed, "every folder of functions/ is deployed");
}

/// `send-email` becomes `SendEmail`.
fn pascal(words: &str) -> String {
    let words = words.split('-').map(|word| word.split_at(1));
    words.map(|(first, rest)| first.to_uppercase() + rest).collect()
}
