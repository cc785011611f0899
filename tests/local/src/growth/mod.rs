//! Measures how the cost of requests grows with the number of rows, instances and order lines, and with contention for
//! one product.

mod drive;
mod plot;
mod rows;
mod table;

pub use table::Growth;

use crate::measure::{self, Buyers, Usage};
use crate::{Customer, Shop, shop};
use domain::db::BadAddress;
use domain::failure::{Failure, Never};
use drive::Job;
use rows::{Rows, Sample};
use stack::Progress;
use std::sync::Arc;
use std::time::Duration;
use table::{Dimension, Point};

/// The maximum number of instances of one function, and the number of concurrent buyers of the hot product.
pub const INSTANCES: usize = 16;
/// The number of concurrent requests, unless it is the dimension.
const CONCURRENCY: u16 = 2;
/// Buyers to insert per second of measurement, so that none reaches the limit of unpaid orders.
const BUYERS_PER_SECOND: usize = 1000;
/// The largest size at which the invariants are checked, which reads all rows: statements are limited to 3 s.
const MAX_AUDITED_ROWS: u32 = 100_000;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// The numbers of products and orders, in ascending order.
    pub rows: Vec<u32>,
    /// How long each point is measured.
    pub length: Duration,
}

/// Why the measurement could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Shop(#[from] shop::Error),
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error("could not insert rows")]
    Database(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error("could not make search terms")]
    SearchTerms(#[from] Failure<Never>),
    #[error("could not reach the shop")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Aws(#[from] stack::aws::Error),
    #[error("the number of rows is too large: {0}")]
    Rows(#[from] std::num::TryFromIntError),
    #[error("could not draw {1}: {0}")]
    Plot(String, String),
}

/// Measures all four dimensions; all but the number of rows at the smallest size only.
pub async fn run(shop: &Shop, options: &Options, progress: &Progress) -> Result<Growth, Error> {
    let mut rows = Rows::empty(shop).await?;
    let (length, growth) = (options.length, Growth::default());
    let mut measurement = Measurement { shop, length, progress, growth };
    for (number, size) in options.rows.iter().enumerate() {
        rows.grow(i32::try_from(*size)?, progress).await?;
        let sample = rows.sample().await?;
        measurement.rows(*size, &rows, &sample).await?;
        if number == 0 {
            measurement.instances(&rows, &sample).await?;
            measurement.lines(&rows, &sample).await?;
            measurement.hot_product(&rows, &sample).await?;
        }
        if *size <= MAX_AUDITED_ROWS {
            measurement.growth.breaches.extend(audit(shop).await?);
        }
    }
    Ok(measurement.growth)
}

struct Measurement<'a> {
    shop: &'a Shop,
    length: Duration,
    progress: &'a Progress,
    growth: Growth,
}

impl Measurement<'_> {
    async fn rows(&mut self, size: u32, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        let buyers = Buyers::of(self.shop, &sample.buyers, sample.products.clone())?;
        let buyers = Arc::new(buyers);
        let search = |word: &String| format!("/v1/products?q={word}&limit=20");
        let jobs = [
            ("list products", Job::Get(vec!["/v1/products?limit=20".to_owned()])),
            ("search, few match", Job::Get(sample.words.iter().map(search).collect())),
            ("search, many match", Job::Get(vec![search(&"red".to_owned())])),
            ("show a product", Job::Get(product_paths(&sample.products))),
            ("list orders", Job::ListOrders),
        ];
        for (name, job) in jobs {
            self.point(Dimension::Rows, name, size, CONCURRENCY, &buyers, job).await?;
        }
        self.place(Dimension::Rows, "place an order", size, CONCURRENCY, 3, rows, &sample.products)
            .await?;
        self.sweep(size).await;
        Ok(())
    }

    async fn instances(&mut self, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        let buyers = Buyers::of(self.shop, &sample.buyers, sample.products.clone())?;
        let buyers = Arc::new(buyers);
        for count in [1, 2, 4, 8] {
            let (dimension, size) = (Dimension::Instances, u32::from(count));
            let list = Job::Get(vec!["/v1/products?limit=20".to_owned()]);
            self.point(dimension, "list products", size, count, &buyers, list).await?;
            self.place(dimension, "place an order", size, count, 3, rows, &sample.products).await?;
        }
        Ok(())
    }

    async fn lines(&mut self, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        for lines in [1, 3, 10, 30, 100] {
            let size = u32::from(lines);
            let (dimension, name) = (Dimension::Lines, "place an order");
            self.place(dimension, name, size, CONCURRENCY, lines, rows, &sample.products).await?;
        }
        Ok(())
    }

    async fn hot_product(&mut self, rows: &Rows, sample: &Sample) -> Result<(), Error> {
        for products in [&sample.products[..1], &sample.products[..]] {
            let size = u32::try_from(products.len())?;
            let (dimension, at_once) = (Dimension::HotProduct, u16::try_from(INSTANCES)?);
            self.place(dimension, "16 buyers, one line", size, at_once, 1, rows, products).await?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a point of four dimensions")]
    async fn place(
        &mut self,
        dimension: Dimension,
        name: &'static str,
        size: u32,
        at_once: u16,
        lines: u16,
        rows: &Rows,
        products: &[String],
    ) -> Result<(), Error> {
        let seconds = usize::try_from(self.length.as_secs())? + 1;
        let count = seconds * BUYERS_PER_SECOND;
        let buyers = rows.new_buyers(self.shop, count, products.to_vec()).await?;
        self.point(dimension, name, size, at_once, &Arc::new(buyers), Job::Place(lines)).await?;
        // Otherwise the emails of these orders are sent while the next point is measured.
        let input = serde_json::json!({"QueueUrl": self.shop.aws().queue_url("MailQueue")?});
        self.shop.aws().sqs().call("PurgeQueue", &input).await?;
        Ok(())
    }

    async fn point(
        &mut self,
        dimension: Dimension,
        name: &'static str,
        size: u32,
        at_once: u16,
        buyers: &Arc<Buyers>,
        job: Job,
    ) -> Result<(), Error> {
        let job = Arc::new(job);
        drive::drive(buyers, &job, at_once, self.length / 4).await;
        let before = Usage::read(self.shop);
        let (took, outcomes) = drive::drive(buyers, &job, at_once, self.length).await;
        let used = Usage::read(self.shop).since(&before);
        self.add(Point::new(dimension, name, size, job.function(), took, outcomes, &used));
        Ok(())
    }

    /// One sweep after the other, since its concurrency is 1.
    async fn sweep(&mut self, size: u32) {
        let gateway = &self.shop.gateway;
        drive::sweep(gateway, Duration::ZERO).await;
        let before = Usage::read(self.shop);
        let (took, outcomes) = drive::sweep(gateway, self.length).await;
        let used = Usage::read(self.shop).since(&before);
        self.add(Point::new(Dimension::Rows, "sweep", size, "Sweep", took, outcomes, &used));
    }

    fn add(&mut self, point: Point) {
        self.progress.say(&point.to_string());
        self.growth.points.push(point);
    }
}

fn product_paths(products: &[String]) -> Vec<String> {
    products.iter().map(|product| format!("/v1/products/{product}")).collect()
}

/// The broken invariants, from the API.
async fn audit(shop: &Shop) -> Result<Vec<String>, Error> {
    let mut admin = Customer::anonymous(shop.url());
    admin.log_in(crate::ADMIN, &shop.admin_password).await?;
    let response = admin.get("/v1/ops/invariants").await?;
    match response.body["breaches"].as_array() {
        Some(breaches) => Ok(breaches.iter().map(ToString::to_string).collect()),
        None => Ok(vec![response.body.to_string()]),
    }
}
