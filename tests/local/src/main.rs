//! `cargo run`: the whole shop on this machine.
#![expect(clippy::print_stdout, reason = "this program talks to the person who started it")]

mod measuring;

use clap::{Parser, Subcommand};
use domain::failure::chain;
use local::event::Filler;
use local::{ADMIN, Options, Payment, Shop, demo, growth, load};
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
    /// Keep the data in this folder; without it, all is gone when the shop closes
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write what `sam local` and `cargo lambda watch` need into target/sam, and let containers in
    #[arg(long)]
    sam: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Plays one order from browsing to the mail and three ways to end one, and checks every step
    Demo,
    /// Lives through a busy day in which something goes wrong every second, and checks that nothing was lost
    Soak {
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// In place of minutes
        #[arg(long)]
        seconds: Option<u64>,
        /// Which day; a random one if none is given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Hands one event to one function and prints its answer
    Invoke {
        /// Logical id in template.yaml, such as Orders
        function: String,
        /// File with the event; gaps such as {{token:admin}} are filled
        event: PathBuf,
    },
    /// Lets many buyers in at once, for a while, and says what that cost: `cargo run --release -- load`
    Load {
        /// How many seconds, at most 300
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
        seconds: u64,
        /// How many requests are on their way at once
        #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
        at_once: u16,
        /// Also write the report here, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Drive unoptimised functions; what that costs is no figure to tell
        #[arg(long)]
        dev: bool,
    },
    /// Says how cost grows with rows, instances and lines: `cargo run --release -- growth`
    Growth {
        /// How many products and orders, in ascending order
        #[arg(long, value_delimiter = ',', default_value = "1000,100000,1000000", value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
        rows: Vec<u32>,
        /// How many seconds each point takes, at most 60
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
        seconds: u64,
        /// Also write the points here, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Also draw the points into this folder, as SVG
        #[arg(long, value_name = "DIR")]
        plots: Option<PathBuf>,
        /// Measure unoptimised functions; what that costs is no figure to tell
        #[arg(long)]
        dev: bool,
    },
    /// Prepares what a benchmark needs that drives our binaries itself, and keeps it fresh: tests/load/README.md
    Peers {
        /// Where product.json and the events go
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// The PostgreSQL to make the shop in, as its superuser
        #[arg(long, value_name = "URL")]
        server: String,
    },
    /// Prints new keys for a deploy, as parameters of template.yaml
    Keys,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.what {
        None => open(cli.port, cli.data, cli.sam).await,
        Some(What::Demo) => play().await,
        Some(What::Soak { minutes, seconds, seed }) => {
            let length = Duration::from_secs(seconds.unwrap_or(minutes * 60));
            soak(length, seed.unwrap_or_else(|| fastrand::u64(..=u64::from(u32::MAX)))).await
        }
        Some(What::Invoke { function, event }) => invoke(&function, &event).await,
        Some(What::Load { seconds, at_once, json, dev }) => {
            let length = Duration::from_secs(seconds);
            measuring::drive(load::Wish { length, at_once }, json, dev).await
        }
        Some(What::Growth { rows, seconds, json, plots, dev }) => {
            let length = Duration::from_secs(seconds);
            measuring::grow(growth::Wish { rows, length }, json, plots, dev).await
        }
        Some(What::Peers { into, server }) => measuring::stand(&server, &into).await,
        Some(What::Keys) => {
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
        let way_in = if sam { Some(local::sam::prepare(&shop, &folder).await?) } else { None };
        println!("{}", guide(&shop));
        std::future::pending::<()>().await;
        drop((way_in, shop));
        Ok(())
    };
    tokio::select! {
        closed = interrupted => closed,
        failed = open => failed,
    }
}

async fn play() -> Outcome {
    let shop = Shop::open(Options { progress: progress(), ..Options::default() }).await?;
    println!();
    demo::play(&shop, |step, saw| println!("{step:>14}  {saw}")).await?;
    drop(shop);
    println!("\ndemo passed");
    Ok(())
}

async fn soak(length: Duration, seed: u64) -> Outcome {
    let shop = Shop::open(Options { progress: progress(), ..Options::default() }).await?;
    println!("seed {seed}");
    let start = Instant::now();
    let tell = |line: &str| println!("{:>6.1} s  {line}", start.elapsed().as_secs_f32());
    let day = local::soak::run(&shop, &local::soak::Wish { length, seed }, tell).await;
    let day = day.map_err(|error| format!("seed {seed}: {}", chain(&error)))?;
    drop(shop);
    println!("\ndone:");
    for (what, times) in &day.done {
        println!("{times:>8} {what}");
    }
    println!("{:>8} mails sent again by somebody whose forerunner died", day.mails_again.len());
    for key in &day.mails_again {
        println!("{:>8} {key}, claimed again", "");
    }
    for row in &day.lost {
        println!("lost: {row}");
    }
    for row in &day.twice {
        println!("twice: {row}");
    }
    println!("seed {seed}");
    let (lost, twice) = (day.lost.len(), day.twice.len());
    if lost + twice > 0 {
        return Err(format!("soak failed: {lost} lost, {twice} twice").into());
    }
    println!("soak passed: 0 lost, 0 twice");
    Ok(())
}

async fn invoke(function: &str, event: &std::path::Path) -> Outcome {
    let text = std::fs::read_to_string(event)
        .map_err(|error| format!("{} cannot be read: {error}", event.display()))?;
    let shop = Shop::open(Options { progress: progress(), ..Options::default() }).await?;
    let event = Filler::new(&shop).fill(&text).await?;
    let answer = shop.gateway.invoke(function, &event).await?;
    println!("{}", serde_json::to_string_pretty(&answer)?);
    Ok(())
}

/// On the error stream, so that an answer on the other one stays alone.
fn progress() -> Progress {
    let start = Instant::now();
    Progress::new(move |line| eprintln!("{:>6.1} s  {line}", start.elapsed().as_secs_f32()))
}

/// Stripe itself if the environment has a key for it, and only ever in test mode.
fn payment() -> Result<Payment, Box<dyn std::error::Error>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a person's own keys come from their environment"
    )]
    let look_up = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(secret_key) = look_up("STRIPE_SECRET_KEY") else { return Ok(Payment::StandIn) };
    if !secret_key.starts_with("sk_test_") && !secret_key.starts_with("rk_test_") {
        return Err(
            "STRIPE_SECRET_KEY is no test key: a local shop must not take real money".into()
        );
    }
    let webhook_secrets = look_up("STRIPE_WEBHOOK_SECRETS").ok_or(
        "STRIPE_WEBHOOK_SECRETS is not set: `stripe listen --forward-to localhost:3000/v1/webhooks/stripe` prints it",
    )?;
    Ok(Payment::Stripe { secret_key, webhook_secrets })
}

/// What a newcomer reads when the shop is open.
fn guide(shop: &Shop) -> String {
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

What is for sale:

  curl '{api}/v1/products?limit=3'

To buy, at {api}/docs or by curl: POST /v1/auth/register and /v1/auth/login, then POST /v1/orders with the
access token and an Idempotency-Key, then POST /v1/orders/{{order_id}}/payment-intent. Its
stripe_payment_intent is paid at {pay}<stripe_payment_intent>.
Or watch it happen: cargo run -- demo
",
        mails = shop.mailbox.url(),
        database = shop.database_url(),
        logs = shop.surroundings.run().display(),
        password = shop.admin_password,
        pay = shop.stripe.as_ref().map(|stripe| stripe.pay_page("")).unwrap_or_default(),
    )
}
