//! The binaries, run by a schedule through minutes that are counted: before each, the database's rows are made a minute older.

use super::template::{Every, Watch};
use super::timeline::{Metric, Timeline};
use invariants::LogReader;
use local::Shop;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

const DAY: i64 = 24 * 60;

/// The queues whose depth AWS measures.
const DEAD_LETTERS: [&str; 2] = ["MailDeadLetters", "InventoryDeadLetters"];

/// What has a time in it that the sweep and the reconciliation go by.
const A_MINUTE_OLDER: &str = "
    update reconciliations
    set requested_at = requested_at - interval '1 minute', started_at = started_at - interval '1 minute',
        leased_until = leased_until - interval '1 minute', finished_at = finished_at - interval '1 minute';
    update outbox
    set created_at = created_at - interval '1 minute', available_at = available_at - interval '1 minute'
    where sent_at is null;
    update stripe_events
    set received_at = received_at - interval '1 minute', next_try_at = next_try_at - interval '1 minute'
    where processed_at is null and parked_reason is null";

/// A day of a shop.
pub(super) struct Day<'a> {
    shop: &'a Shop,
    pub(super) database: Client,
    every: Every,
    watch: Watch,
    pub(super) timeline: Timeline,
    logs: LogReader,
    minute: i64,
}

impl<'a> Day<'a> {
    /// Begins after a day without faults, with a reconciliation that finds nothing.
    pub(super) async fn begin(shop: &'a Shop, every: Every) -> Self {
        let (database, connection) =
            tokio_postgres::connect(shop.database_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let forget = "delete from reconciliation_findings; delete from reconciliations; delete from acknowledgements";
        database.batch_execute(forget).await.unwrap();
        let watch = Watch::with(every, &[]);
        let mut day = Self {
            shop,
            database,
            every,
            watch,
            timeline: quiet_day(every),
            logs: shop.log_reader(),
            minute: 0,
        };
        // What was logged before belongs to no minute of this day.
        day.logs.new_lines().unwrap();
        day.run().await;
        assert_eq!(day.ringing(), Vec::<&str>::new(), "before the state, with {every:?}");
        day
    }

    /// The alarms that ring now.
    pub(super) fn ringing(&self) -> Vec<&str> {
        self.watch.ringing(&self.timeline, self.minute)
    }

    /// The next minute.
    pub(super) async fn go_on(&mut self) {
        self.database.batch_execute(A_MINUTE_OLDER).await.unwrap();
        self.minute += 1;
        self.run().await;
    }

    /// Goes on until the alarm rings, and fails if it does not within so many minutes.
    pub(super) async fn rings(&mut self, alarm: &str, within: i64) {
        let end = self.minute + within;
        while self.minute < end {
            self.go_on().await;
            if self.watch.alarm(alarm).is_ringing(&self.timeline, self.minute) {
                return;
            }
        }
        panic!(
            "{alarm} does not ring within {within} minutes with {:?}; {:?} do",
            self.every,
            self.ringing()
        );
    }

    /// Goes on until the alarm stops, and fails if it rings for another day.
    pub(super) async fn falls_silent(&mut self, alarm: &str) {
        let end = self.minute + DAY;
        while self.watch.alarm(alarm).is_ringing(&self.timeline, self.minute) {
            assert!(self.minute < end, "{alarm} rings for ever with {:?}", self.every);
            self.go_on().await;
        }
    }

    /// The gateway answered a request. Its access log is not written here.
    pub(super) fn answered(&mut self, status: u16) {
        let api = |name| Metric::new("AWS/ApiGateway", name, Some("Api"));
        self.timeline.add(api("Count"), self.minute, 1.0);
        self.timeline.add(api("5xx"), self.minute, if status >= 500 { 1.0 } else { 0.0 });
        let line = json!({"status": status.to_string()}).to_string();
        self.watch.read("Api", &line, self.minute, &mut self.timeline);
    }

    /// A function answered a request, and has logged it.
    pub(super) fn served(&mut self, function: &str, status: u16) {
        self.timeline.invoked(function, self.minute, false);
        self.answered(status);
        self.read_logs();
    }

    fn read_logs(&mut self) {
        for (function, line) in self.logs.new_lines().unwrap() {
            self.watch.read(&function, &line, self.minute, &mut self.timeline);
        }
    }

    async fn run(&mut self) {
        if self.minute % self.every.minutes() == 0 {
            for function in ["Sweep", "Reconcile"] {
                let outcome = self.shop.gateway.tick(function).await;
                self.timeline.invoked(function, self.minute, outcome.is_err());
            }
        }
        self.read_logs();
        for queue in DEAD_LETTERS {
            let url = self.shop.aws().queue_url(queue).unwrap();
            let input = json!({"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]});
            let output = self.shop.aws().sqs().call("GetQueueAttributes", &input).await.unwrap();
            let depth = &output["Attributes"]["ApproximateNumberOfMessages"];
            let depth = depth.as_str().unwrap().parse().unwrap();
            let metric = Metric::new("AWS/SQS", "ApproximateNumberOfMessagesVisible", Some(queue));
            self.timeline.add(metric, self.minute, depth);
        }
    }

    /// A row of the database as JSON.
    pub(super) async fn one(&self, sql: &str) -> Value {
        let sql = format!("select to_jsonb(it) from ({sql}) it");
        self.database.query_one(&sql, &[]).await.unwrap().get(0)
    }
}

/// The metrics of a day in which the schedule ran and nothing failed.
pub(super) fn quiet_day(every: Every) -> Timeline {
    let mut timeline = Timeline::default();
    for minute in (-DAY..0).filter(|minute| minute % every.minutes() == 0) {
        timeline.invoked("Sweep", minute, false);
        timeline.invoked("Reconcile", minute, false);
    }
    timeline
}
