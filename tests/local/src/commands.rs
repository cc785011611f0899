//! The commands `load`, `growth` and `benchmark`.

use crate::{Outcome, progress};
use local::{Options, Shop, benchmark, growth, load};
use stack::functions::Profile;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) async fn run_load(options: load::Options, json: Option<PathBuf>, dev: bool) -> Outcome {
    let profile = if dev { Profile::Dev } else { Profile::Release };
    let progress = progress();
    let shop = Options { profile, progress: progress.clone(), ..Options::default() };
    let shop = Shop::open(shop).await?;
    let report = load::run(&shop, options, &progress).await?;
    drop(shop);
    println!("\n{report}");
    if let Some(file) = json {
        write(&file, &report.json())?;
    }
    if report.is_good() { Ok(()) } else { Err("the load test failed".into()) }
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
