//! How cost grows: with rows, with instances, with lines, and when everybody wants the same.

mod drive;
mod plot;
mod rows;
mod table;

pub use table::Growth;

use crate::measure::{self, Crowd, Usage};
use crate::{Customer, Shop, shop};
use drive::Job;
use rows::{Rows, Sample};
use stack::Progress;
use std::sync::Arc;
use std::time::Duration;
use table::{Point, Question};

/// The most instances of one function that a question asks for: so many buyers want the hot product.
pub const INSTANCES: usize = 16;
/// Requests on their way at once where a question does not vary it.
const AT_ONCE: u16 = 2;
/// So many orders a second find a buyer who may place one more.
const BUYERS_A_SECOND: usize = 1000;
/// Up to here the audit of all books is asked; it reads everything, and a statement of the functions has three seconds.
const AUDITED: u32 = 100_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Wish {
    /// How many products and orders there are, in ascending order.
    pub rows: Vec<u32>,
    /// How long each point is measured.
    pub length: Duration,
}

/// Whatever keeps growth from being measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Shop(#[from] shop::Error),
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error("could not make the shop larger")]
    Database(#[from] tokio_postgres::Error),
    #[error("could not reach the shop")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Aws(#[from] stack::aws::Error),
    #[error("{0} is more rows than there are numbers for")]
    Rows(#[from] std::num::TryFromIntError),
    #[error("{1} cannot be drawn: {0}")]
    Plot(String, String),
}

/// Asks all four questions; all but the first are asked of the smallest shop.
pub async fn run(shop: &Shop, wish: &Wish, progress: &Progress) -> Result<Growth, Error> {
    let mut rows = Rows::none(shop).await?;
    let mut asked = Asked { shop, length: wish.length, progress, growth: Growth::default() };
    for (number, size) in wish.rows.iter().enumerate() {
        rows.grow(i32::try_from(*size)?, progress).await?;
        let sample = rows.sample().await?;
        asked.rows(*size, &rows, &sample).await?;
        if number == 0 {
            asked.instances(&rows, &sample).await?;
            asked.lines(&rows, &sample).await?;
            asked.hot(&rows, &sample).await?;
        }
        if *size <= AUDITED {
            asked.growth.breaches.extend(audit(shop).await?);
        }
    }
    Ok(asked.growth)
}

struct Asked<'a> {
    shop: &'a Shop,
    length: Duration,
    progress: &'a Progress,
    growth: Growth,
}

impl Asked<'_> {
    async fn rows(&mut self, size: u32, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        let known = Crowd::of(self.shop, &sample.buyers, sample.products.clone())?;
        let known = Arc::new(known);
        let search = |word: &String| format!("/v1/products?q={word}&limit=20");
        let jobs = [
            ("list products", Job::Get(vec!["/v1/products?limit=20".to_owned()])),
            ("search, few match", Job::Get(sample.words.iter().map(search).collect())),
            ("search, many match", Job::Get(vec![search(&"red".to_owned())])),
            ("show a product", Job::Get(shown(&sample.products))),
            ("list orders", Job::ListOrders),
        ];
        for (name, job) in jobs {
            self.point(Question::Rows, name, size, AT_ONCE, &known, job).await?;
        }
        self.place(Question::Rows, "place an order", size, AT_ONCE, 3, rows, &sample.products)
            .await?;
        self.sweep(size).await;
        Ok(())
    }

    async fn instances(&mut self, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        let known = Crowd::of(self.shop, &sample.buyers, sample.products.clone())?;
        let known = Arc::new(known);
        for count in [1, 2, 4, 8] {
            let (of, size) = (Question::Instances, u32::from(count));
            let list = Job::Get(vec!["/v1/products?limit=20".to_owned()]);
            self.point(of, "list products", size, count, &known, list).await?;
            self.place(of, "place an order", size, count, 3, rows, &sample.products).await?;
        }
        Ok(())
    }

    async fn lines(&mut self, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        for lines in [1, 3, 10, 30, 100] {
            let size = u32::from(lines);
            let (of, name) = (Question::Lines, "place an order");
            self.place(of, name, size, AT_ONCE, lines, rows, &sample.products).await?;
        }
        Ok(())
    }

    async fn hot(&mut self, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        for products in [&sample.products[..1], &sample.products[..]] {
            let size = u32::try_from(products.len())?;
            let (of, at_once) = (Question::Hot, u16::try_from(INSTANCES)?);
            self.place(of, "16 buyers, one line", size, at_once, 1, rows, products).await?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a point of four questions")]
    async fn place(
        &mut self,
        of: Question,
        name: &'static str,
        size: u32,
        at_once: u16,
        lines: u16,
        rows: &Rows,
        products: &[String],
    ) -> Result<(), Error> {
        let seconds = usize::try_from(self.length.as_secs())? + 1;
        let crowd = rows.strangers(self.shop, seconds * BUYERS_A_SECOND, products.to_vec()).await?;
        self.point(of, name, size, at_once, &Arc::new(crowd), Job::Place(lines)).await?;
        // Their mails would be sent while the next point is measured.
        let wish = serde_json::json!({"QueueUrl": self.shop.aws().queue_url("MailQueue")?});
        self.shop.aws().sqs().call("PurgeQueue", &wish).await?;
        Ok(())
    }

    async fn point(
        &mut self,
        of: Question,
        name: &'static str,
        size: u32,
        at_once: u16,
        crowd: &Arc<Crowd>,
        job: Job,
    ) -> Result<(), Error> {
        let job = Arc::new(job);
        drive::many(crowd, &job, at_once, self.length / 4).await;
        let before = Usage::look(self.shop);
        let (took, done) = drive::many(crowd, &job, at_once, self.length).await;
        let used = Usage::look(self.shop).since(&before);
        self.keep(Point::new(of, name, size, job.function(), took, done, &used));
        Ok(())
    }

    /// One round after the other: there is never more than one.
    async fn sweep(&mut self, size: u32) {
        let gateway = &self.shop.gateway;
        drive::sweep(gateway, Duration::ZERO).await;
        let before = Usage::look(self.shop);
        let (took, done) = drive::sweep(gateway, self.length).await;
        let used = Usage::look(self.shop).since(&before);
        self.keep(Point::new(Question::Rows, "sweep", size, "Sweep", took, done, &used));
    }

    fn keep(&mut self, point: Point) {
        self.progress.say(&point.to_string());
        self.growth.points.push(point);
    }
}

fn shown(products: &[String]) -> Vec<String> {
    products.iter().map(|product| format!("/v1/products/{product}")).collect()
}

/// What does not hold, as the admin is told.
async fn audit(shop: &Shop) -> Result<Vec<String>, Error> {
    let mut admin = Customer::stranger(shop.url());
    admin.log_in(crate::ADMIN, &shop.admin_password).await?;
    let told = admin.get("/v1/ops/invariants").await?;
    match told.body["breaches"].as_array() {
        Some(breaches) => Ok(breaches.iter().map(ToString::to_string).collect()),
        None => Ok(vec![told.body.to_string()]),
    }
}
