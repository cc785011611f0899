//! The mailbox page of the local shop, which shows the emails that were sent.

use crate::{customer, open, product, until};
use serde_json::json;

#[tokio::test]
async fn a_person_can_read_the_mails_that_were_sent() {
    let shop = open().await;
    let (grace, tea) = (customer(&shop).await, product(&shop, "TEA-GREEN").await);
    let page = async || reqwest::get(shop.mailbox.url()).await.unwrap().text().await.unwrap();

    let body = json!({"lines": [{"product": tea, "quantity": 1}]});
    let order = grace.post_with_new_key("/v1/orders", &body).await.unwrap();
    let subject = format!("We have your order {}", order.body["number"].as_str().unwrap());
    let seen = until("the mail on the page", async || {
        Some(page().await).filter(|page| page.contains(&subject))
    })
    .await;

    assert!(seen.contains("to grace@example.com"), "{seen}");
    // The email's HTML is confined to a sandboxed frame, without scripts or navigation.
    assert!(seen.contains("sandbox=\"\" srcdoc=\"&#60;!doctype html&#62;"), "{seen}");
    assert!(seen.contains("1 × Green tea"), "{seen}");
}
