use crate::{customer, open, product, until};
use serde_json::json;

#[tokio::test]
async fn a_person_can_read_the_mails_that_were_sent() {
    let shop = open().await;
    let (grace, tea) = (customer(&shop).await, product(&shop, "TEA-GREEN").await);
    let page = async || reqwest::get(shop.mailbox.url()).await.unwrap().text().await.unwrap();

    let wish = json!({"lines": [{"product": tea, "quantity": 1}]});
    let order = grace.post_once("/v1/orders", &wish).await.unwrap();
    let subject = format!("We have your order {}", order.body["id"].as_str().unwrap());
    let seen = until("the mail on the page", async || {
        Some(page().await).filter(|page| page.contains(&subject))
    })
    .await;

    assert!(seen.contains("to grace@example.com"), "{seen}");
    // The mail's own markup stays inside its frame, which may run and open nothing.
    assert!(seen.contains("sandbox=\"\" srcdoc=\"&#60;!doctype html&#62;"), "{seen}");
    assert!(seen.contains("1 × Green tea"), "{seen}");
}
