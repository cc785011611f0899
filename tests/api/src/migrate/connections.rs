//! `migrate` bounds the connections of the functions, however many instances there are.

use super::{AT_ONCE, NO_APP};
use domain::db::{ConnectionLimit, Db, DbErrorKind};
use domain::failure::chain;
use migrate::App;
use serde_json::json;
use stack::postgres::Location;
use stack::{Postgres, Progress};

#[tokio::test]
async fn the_server_refuses_the_functions_the_last_fifth_of_its_connections() {
    // A server of its own: a role is shared by all databases of a server.
    let server = Postgres::start(&Location::Temporary, &Progress::silent()).await.unwrap();
    let owner = Db::connect(&server.url("postgres"), 1).unwrap();
    let instance = || Db::connect(&server.url_as("app_rw", "postgres"), 1).unwrap();
    let deploy = async |connections: Option<u16>| {
        let connections = connections.map(ConnectionLimit::share_of);
        let app = App { connections, ..NO_APP };
        migrate::handle(&owner, app, json!({}), AT_ONCE).await.map(drop).unwrap();
    };

    deploy(Some(10)).await;

    let instances: Vec<_> = (0..8).map(|_| instance()).collect();
    for instance in &instances {
        instance.ping().await.unwrap();
    }
    let refused = instance().ping().await.unwrap_err();
    assert_eq!(refused.kind(), DbErrorKind::Unavailable);
    assert!(chain(&refused).contains("too many connections for role"), "{}", chain(&refused));
    owner.ping().await.unwrap();
    // A deploy that does not manage the number leaves it.
    deploy(None).await;
    assert!(instance().ping().await.is_err());
    deploy(Some(20)).await;
    instance().ping().await.unwrap();
}
