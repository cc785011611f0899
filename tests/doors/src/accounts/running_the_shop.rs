use super::{PASSWORD, Reception};
use domain::accounts::{self, Email, Password, Refusal};
use domain::failure::Failure;

#[tokio::test]
async fn a_fresh_shop_has_nobody_until_an_admin_is_appointed() {
    let here = Reception::open().await;
    let email = Email::parse("boss@example.com").unwrap();
    let password = Password::parse(PASSWORD, &email).unwrap();
    assert_eq!(here.shop.one::<i64>("select count(*) from users").await, 0);

    let admin = accounts::appoint_admin(&here.shop.db, &email, &password).await.unwrap();
    let again = accounts::appoint_admin(&here.shop.db, &email, &password).await;

    let session = here.log_in("boss@example.com", PASSWORD).await;
    let me = here.me(session.text("/access_token")).await;
    assert_eq!((me.text("/role"), me.text("/id")), ("admin", admin.to_string().as_str()));
    assert!(matches!(again, Err(Failure::Refused(Refusal::AddressTaken))));
}

#[tokio::test]
async fn a_customer_is_not_made_admin_by_appointing_their_address() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    let email = Email::parse("ANN@example.com").unwrap();
    let password = Password::parse("the words of an admin", &email).unwrap();

    let appointed = accounts::appoint_admin(&here.shop.db, &email, &password).await;

    assert!(matches!(appointed, Err(Failure::Refused(Refusal::AddressTaken))));
    assert_eq!(here.shop.one::<String>("select role from users").await, "customer");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let here = Reception::open().await;
    let email = Email::parse("boss@example.com").unwrap();
    let password = Password::parse(PASSWORD, &email).unwrap();
    accounts::appoint_admin(&here.shop.db, &email, &password).await.unwrap();

    for change in ["role = 'staff'", "disabled_at = now()", "erased_at = now()"] {
        let sql = format!("update users set {change} where email = 'boss@example.com'");
        let refused = here.shop.admin.execute(&sql, &[]).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some("users_last_admin_stays"));
    }

    let email = Email::parse("vice@example.com").unwrap();
    accounts::appoint_admin(&here.shop.db, &email, &password).await.unwrap();
    let sql = "update users set role = 'staff' where email = 'boss@example.com'";
    assert_eq!(here.shop.run(sql).await, 1);
}
