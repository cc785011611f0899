//! A second shop with an owner and a database of its own, on the server of the first.

use super::{connect, migrate};
use domain::db::Db;
use stack::{Postgres, Progress};

#[tokio::test]
async fn a_second_shop_on_one_server_is_refused_until_it_may_alter_the_role_of_both() {
    // From PostgreSQL 16 on, who creates roles may alter only these.
    let server = Postgres::start_newest(&Progress::silent()).await.unwrap();
    let admin = connect(&server.url("postgres")).await;
    for shop in ["one", "two"] {
        admin.batch_execute(&format!("create role {shop} login createrole")).await.unwrap();
        admin.batch_execute(&format!("create database {shop} owner {shop}")).await.unwrap();
    }
    let shop = |name| Db::connect(&server.url_as(name, name), 1).unwrap();

    let first = migrate(&shop("one")).await;
    let refused = migrate(&shop("two")).await.unwrap_err();
    let first_owner = connect(&server.url_as("one", "one")).await;
    first_owner.batch_execute("grant app_rw to two with admin option").await.unwrap();
    let second = migrate(&shop("two")).await;

    assert!(first.unwrap()["applied"].as_u64().unwrap() >= 20);
    assert_eq!(
        refused,
        "could not migrate the schema: the role app_rw is another shop's, and this owner may not alter it: use a \
         server for each shop, or let a superuser or the other owner run: grant app_rw to two with admin option"
    );
    assert!(second.unwrap()["applied"].as_u64().unwrap() >= 20);
}
