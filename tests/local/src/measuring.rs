//! The commands that measure.

use crate::{Outcome, progress};
use local::{Options, Shop, growth, load, peers};
use stack::functions::Profile;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) async fn drive(wish: load::Wish, json: Option<PathBuf>, dev: bool) -> Outcome {
    let profile = if dev { Profile::Dev } else { Profile::Release };
    let progress = progress();
    let options = Options { profile, progress: progress.clone(), ..Options::default() };
    let shop = Shop::open(options).await?;
    let report = load::run(&shop, wish, &progress).await?;
    drop(shop);
    println!("\n{report}");
    if let Some(file) = json {
        write(&file, &report.json())?;
    }
    if report.is_good() { Ok(()) } else { Err("the load was not borne".into()) }
}

pub(crate) async fn grow(
    mut wish: growth::Wish,
    json: Option<PathBuf>,
    plots: Option<PathBuf>,
    dev: bool,
) -> Outcome {
    wish.rows.sort_unstable();
    wish.rows.dedup();
    let profile = if dev { Profile::Dev } else { Profile::Release };
    let progress = progress();
    let instances = Some(growth::INSTANCES);
    let options = Options { profile, instances, progress: progress.clone(), ..Options::default() };
    let shop = Shop::open(options).await?;
    let seen = growth::run(&shop, &wish, &progress).await?;
    drop(shop);
    println!("\n{seen}");
    if let Some(file) = json {
        write(&file, &seen.json())?;
    }
    if let Some(folder) = plots {
        seen.draw(&folder)?;
    }
    if seen.is_good() {
        Ok(())
    } else {
        Err("not every request was answered as it should be".into())
    }
}

/// Until somebody ends it.
pub(crate) async fn stand(server: &str, folder: &Path) -> Outcome {
    let progress = progress();
    let binaries = stack::functions::build(Profile::Release, &progress).await?;
    let folder = std::path::absolute(folder)?;
    let stand = peers::Stand::open(server, &binaries, &folder).await?;
    println!(
        "{} is ready; it stays good until this is ended",
        folder.join("product.json").display()
    );
    loop {
        tokio::select! {
            closed = tokio::signal::ctrl_c() => return Ok(closed?),
            () = tokio::time::sleep(Duration::from_mins(1)) => stand.refresh().await?,
        }
    }
}

fn write(file: &Path, report: &serde_json::Value) -> Outcome {
    Ok(std::fs::write(file, serde_json::to_string_pretty(report)?)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?)
}
