//! The commands `load`, `growth` and `benchmark`.

use crate::{Outcome, progress};
use local::{Options, Shop, benchmark, growth, load, memory};
use stack::functions::Profile;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More would be no network between a function and its database.
const MAX_DELAY: Duration = Duration::from_secs(1);

pub(crate) async fn run_load(options: load::Options, json: Option<PathBuf>, dev: bool) -> Outcome {
    let profile = if dev { Profile::Dev } else { Profile::Release };
    let progress = progress();
    let database_delay = options.database_delay;
    let shop =
        Options { profile, database_delay, progress: progress.clone(), ..Options::default() };
    let shop = Shop::open(shop).await?;
    let report = load::run(&shop, options, &progress).await?;
    drop(shop);
    println!("\n{report}");
    if let Some(file) = json {
        write(&file, &report.json())?;
    }
    if report.is_good() { Ok(()) } else { Err("the load test failed".into()) }
}

/// Runs the load command of another checkout and this one in turn, and prints how they compare.
pub(crate) async fn compare_load(
    options: load::Options,
    other: &Path,
    rounds: u16,
    json: Option<PathBuf>,
) -> Outcome {
    let progress = progress();
    stack::functions::build(Profile::Release, &progress).await?;
    let comparison = load::against::run(options, other, rounds, &progress).await?;
    println!("\n{comparison}");
    if let Some(file) = json {
        write(&file, &comparison.json())?;
    }
    if comparison.is_good() { Ok(()) } else { Err("a load test failed".into()) }
}

/// Parses a number of milliseconds with a fraction.
pub(crate) fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().map_err(|error| error.to_string())?;
    let seconds = Duration::try_from_secs_f64(number).map_err(|error| error.to_string())?;
    let delay = seconds / 1000;
    if delay > MAX_DELAY { Err(format!("at most {MAX_DELAY:?}")) } else { Ok(delay) }
}

pub(crate) async fn run_growth(
    mut options: growth::Options,
    json: Option<PathBuf>,
    plots: Option<PathBuf>,
    dev: bool,
) -> Outcome {
    options.rows.sort_unstable();
    options.rows.dedup();
    let profile = if dev { Profile::Dev } else { Profile::Release };
    let progress = progress();
    let instances = Some(growth::INSTANCES);
    let shop = Options { profile, instances, progress: progress.clone(), ..Options::default() };
    let shop = Shop::open(shop).await?;
    let results = growth::run(&shop, &options, &progress).await?;
    drop(shop);
    println!("\n{results}");
    if let Some(file) = json {
        write(&file, &results.json())?;
    }
    if let Some(folder) = plots {
        results.draw(&folder)?;
    }
    if results.is_good() { Ok(()) } else { Err("requests failed or invariants do not hold".into()) }
}

pub(crate) async fn run_memory(requests: u32, dev: bool) -> Outcome {
    let profile = if dev { Profile::Dev } else { Profile::Release };
    let progress = progress();
    let shop = Options { profile, progress: progress.clone(), ..Options::default() };
    let shop = Shop::open(shop).await?;
    let memory = memory::run(&shop, requests, &progress).await?;
    drop(shop);
    println!("\n{memory}");
    Ok(())
}

/// Prepares a benchmark and refreshes its events every minute until Ctrl-C.
pub(crate) async fn prepare_benchmark(server: &str, folder: &Path) -> Outcome {
    let progress = progress();
    let binaries = stack::functions::build(Profile::Release, &progress).await?;
    let folder = std::path::absolute(folder)?;
    let benchmark = benchmark::Benchmark::open(server, &binaries, &folder).await?;
    println!(
        "{} is ready; its events are refreshed until Ctrl-C",
        folder.join("product.json").display()
    );
    loop {
        tokio::select! {
            closed = tokio::signal::ctrl_c() => return Ok(closed?),
            () = tokio::time::sleep(Duration::from_mins(1)) => benchmark.refresh().await?,
        }
    }
}

fn write(file: &Path, report: &serde_json::Value) -> Outcome {
    Ok(std::fs::write(file, serde_json::to_string_pretty(report)?)
        .map_err(|error| format!("could not write {}: {error}", file.display()))?)
}
