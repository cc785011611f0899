//! `cargo run`: runs the whole shop on this machine.
#![expect(clippy::print_stdout, reason = "a command line program writes to stdout")]

mod commands;

use clap::{Parser, Subcommand};
use domain::failure::chain;
use local::event::Filler;
use local::{ADMIN, BUYER, Options, Payment, Shop, demo, growth, load};
use stack::Progress;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs the whole shop on this machine.
#[derive(Parser)]
#[command(name = "cargo run --", version)]
struct Cli {
    /// Port of the API
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Keep the data in this folder; without it all data is lost at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write the files for `sam local` and `cargo lambda watch` to target/sam, and accept connections from containers
    #[arg(long)]
    sam: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one order from browsing to refund, a cancelled one, an expired one and a guest's, and checks every step
    Demo,
    /// Generates load while a fault is injected every second, then checks that nothing is lost or done twice
    Soak {
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// In place of minutes
        #[arg(long)]
        seconds: Option<u64>,
        /// Seed of requests and faults; random by default
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Invokes a function with an event and prints its response
    Invoke {
        /// Logical id in template.yaml, such as Orders
        function: String,
        /// File with the event; placeholders such as {{token:admin}} are filled in
        event: PathBuf,
    },
    /// Measures throughput, latency, CPU and memory under load: `cargo run --release -- load`
    Load {
        /// Duration in seconds, at most 300
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
        seconds: u64,
        /// Number of concurrent requests
        #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
        at_once: u16,
        /// Also write the report to this file, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Delay in milliseconds of each packet between functions and database, in each direction, such as 0.5
        #[arg(long, value_name = "MS", default_value = "0", value_parser = commands::milliseconds)]
        database_delay_ms: Duration,
        /// Compare with another checkout, whose release binaries are built: run its load command and this one in turn
        #[arg(long, value_name = "DIR", conflicts_with = "dev")]
        against: Option<PathBuf>,
        /// How often both are run
        #[arg(long, default_value_t = 3, requires = "against", value_parser = clap::value_parser!(u16).range(1..=50))]
        rounds: u16,
        /// Use unoptimised functions; the figures are not meaningful
        #[arg(long)]
        dev: bool,
    },
    /// Measures how cost grows with rows, instances and order lines: `cargo run --release -- growth`
    Growth {
        /// Numbers of products and orders, in ascending order
        #[arg(long, value_delimiter = ',', default_value = "1000,100000,1000000", value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
        rows: Vec<u32>,
        /// Duration of each point in seconds, at most 60
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
        seconds: u64,
        /// Also write the points to this file, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Also draw the points into this folder, as SVG
        #[arg(long, value_name = "DIR")]
        plots: Option<PathBuf>,
        /// Use unoptimised functions; the figures are not meaningful
        #[arg(long)]
        dev: bool,
    },
    /// Measures how the memory of Orders grows with requests: `cargo run --release -- memory`
    Memory {
        /// Number of requests
        #[arg(long, default_value_t = 100_000)]
        requests: u32,
        /// Use unoptimised functions
        #[arg(long)]
        dev: bool,
    },
    /// Prepares database and events of a benchmark that runs the binaries itself: tests/load/README.md
    #[command(alias = "peers")]
    Benchmark {
        /// Folder of product.json and the events
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// PostgreSQL server, as superuser
        #[arg(long, value_name = "URL")]
        server: String,
    },
    /// Prints new keys for a deployment, as parameters of template.yaml
    Keys,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => open(cli.port, cli.data, cli.sam).await,
        Some(Command::Demo) => run_demo().await,
        Some(Command::Soak { minutes, seconds, seed }) => {
            let length = Duration::from_secs(seconds.unwrap_or(minutes * 60));
            soak(length, seed.unwrap_or_else(|| fastrand::u64(..=u64::from(u32::MAX)))).await
        }
        Some(Command::Invoke { function, event }) => invoke(&function, &event).await,
        Some(Command::Load { seconds, at_once, json, database_delay_ms, against, rounds, dev }) => {
            let length = Duration::from_secs(seconds);
            let options = load::Options { length, at_once, database_delay: database_delay_ms };
            match against {
                Some(other) => commands::compare_load(options, &other, rounds, json).await,
                None => commands::run_load(options, json, dev).await,
            }
        }
        Some(Command::Growth { rows, seconds, json, plots, dev }) => {
            let length = Duration::from_secs(seconds);
            commands::run_growth(growth::Options { rows, length }, json, plots, dev).await
        }
        Some(Command::Memory { requests, dev }) => commands::run_memory(requests, dev).await,
        Some(Command::Benchmark { into, server }) => {
            commands::prepare_benchmark(&server, &into).await
        }
        Some(Command::Keys) => {
            for (parameter, value) in local::keys_for_a_deploy() {
                println!("{parameter}={value}");
            }
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn open(port: u16, data: Option<PathBuf>, sam: bool) -> Outcome {
    let payment = payment()?;
    let options = Options {
        port: Some(port),
        data,
        schedules: true,
        payment,
        progress: progress(),
        ..Options::default()
    };
    let interrupted = async {
        tokio::signal::ctrl_c().await?;
        println!("\nclosing the shop");
        Ok(())
    };
    let open = async {
        let shop = Shop::open(options).await?;
        let folder = stack::tools::target().join("sam");
        let forwarder = if sam { Some(local::sam::prepare(&shop, &folder).await?) } else { None };
        println!("{}", instructions(&shop));
        std::future::pending::<()>().await;
        drop((forwarder, shop));
        Ok(())
    };
    tokio::select! {
        closed = interrupted => closed,
        failed = open => failed,
    }
}

async fn run_demo() -> Outcome {
    let shop = Shop::open(Options { progress: progress(), ..Options::default() }).await?;
    println!();
    demo::run(&shop, |step, result| println!("{step:>14}  {result}")).await?;
    drop(shop);
    println!("\ndemo passed");
    Ok(())
}

async fn soak(length: Duration, seed: u64) -> Outcome {
    let shop = Shop::open(Options { progress: progress(), ..Options::default() }).await?;
    println!("seed {seed}");
    let start = Instant::now();
    let progress = |line: &str| println!("{:>6.1} s  {line}", start.elapsed().as_secs_f32());
    let options = local::soak::Options { length, seed };
    let report = local::soak::run(&shop, &options, progress).await;
    let report = report.map_err(|error| format!("seed {seed}: {}", chain(&error)))?;
    drop(shop);
    println!("\ndone:");
    for (what, times) in &report.done {
        println!("{times:>8} {what}");
    }
    println!("{:>8} mails sent again after the crash of a worker", report.resent_mails.len());
    for key in &report.resent_mails {
        println!("{:>8} {key}, claimed again", "");
    }
    for row in &report.lost {
        println!("lost: {row}");
    }
    for row in &report.twice {
        println!("twice: {row}");
    }
    println!("seed {seed}");
    let (lost, twice) = (report.lost.len(), report.twice.len());
    if lost + twice > 0 {
        return Err(format!("soak failed: {lost} lost, {twice} twice").into());
    }
    let of_guests = report.done.get("guests' orders").copied().unwrap_or_default();
    println!("soak passed: 0 lost, 0 twice; {of_guests} orders of guests");
    Ok(())
}

async fn invoke(function: &str, event: &std::path::Path) -> Outcome {
    let text = std::fs::read_to_string(event)
        .map_err(|error| format!("could not read {}: {error}", event.display()))?;
    let shop = Shop::open(Options { progress: progress(), ..Options::default() }).await?;
    let event = Filler::new(&shop).fill(&text).await?;
    let response = shop.gateway.invoke(function, &event).await?;
    println!("{}", serde_json::to_string_pretty(&response)?);
    Ok(())
}

/// Progress on stderr, so that stdout has the result only.
fn progress() -> Progress {
    let start = Instant::now();
    Progress::new(move |line| eprintln!("{:>6.1} s  {line}", start.elapsed().as_secs_f32()))
}

/// Stripe in test mode if the environment has a secret key for it, else the Stripe stand-in.
fn payment() -> Result<Payment, Box<dyn std::error::Error>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the keys of a Stripe account come from the environment"
    )]
    let look_up = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(secret_key) = look_up("STRIPE_SECRET_KEY") else { return Ok(Payment::StandIn) };
    if !secret_key.starts_with("sk_test_") && !secret_key.starts_with("rk_test_") {
        return Err(
            "STRIPE_SECRET_KEY is not a test key: a local shop must not take real money".into()
        );
    }
    let webhook_secrets = look_up("STRIPE_WEBHOOK_SECRETS").ok_or(
        "STRIPE_WEBHOOK_SECRETS is not set: `stripe listen --forward-to localhost:3000/v1/webhooks/stripe` prints it",
    )?;
    Ok(Payment::Stripe { secret_key, webhook_secrets })
}

/// What is printed when the shop is ready.
fn instructions(shop: &Shop) -> String {
    let api = shop.url();
    let stripe = match &shop.stripe {
        Some(stripe) => format!("{}  (a stand-in: no money moves)", stripe.url()),
        None => "your Stripe test account".to_owned(),
    };
    format!(
        "
The shop is open. Ctrl-C closes it.

  API         {api}/v1
  Try it out  {api}/docs
  Payments    {stripe}
  Mails sent  {mails}
  Database    {database}
  Logs        {logs}
  Admin       {ADMIN}  {password}
  Customer    {BUYER}  {password}

What is for sale:

  curl '{api}/v1/products?limit=3'

To buy, at {api}/docs or by curl: POST /v1/auth/login as the customer, then POST /v1/orders with the
access token and an Idempotency-Key, then POST /v1/orders/{{order_id}}/payment-intent. Its
stripe_payment_intent is paid at {pay}<stripe_payment_intent>.
Another customer: POST /v1/auth/register, and the token of the link in the mail to /v1/auth/email/verify.
Or watch it happen: cargo run -- demo
",
        mails = shop.mailbox.url(),
        database = shop.database_url(),
        logs = shop.services.log_folder().display(),
        password = shop.admin_password,
        pay = shop.stripe.as_ref().map(|stripe| stripe.pay_page("")).unwrap_or_default(),
    )
}
