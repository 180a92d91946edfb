//! The add-on `metallb`: MetalLB without FRR, a pool of the ranges that it is enabled for, announced on layer
//! 2.

use super::{Context, Outcome, Result};
use crate::layout::read;
use ipnet::IpNet;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Workloads that run nothing, for nodes on which no pod does.
const STOOD_IN: &str = include_str!("../../../snap/metallb.yaml");
const POOL: &str = include_str!("../../../snap/metallb-pool.yaml");
/// The real add-on waits for the controller without an end.
const PATIENCE: Duration = Duration::from_secs(300);

fn manifest(context: &Context) -> Result<String> {
    match &context.config.traffic {
        Some(traffic) => read(&traffic.files.join("metallb-files/config/manifests/metallb-native.yaml")),
        None => Ok(STOOD_IN.into()),
    }
}

pub(super) async fn disable(context: &Context) -> Result<String> {
    let manifest = manifest(context)?;
    // The real manifest takes the kinds along, and with them their objects.
    let all = if context.config.traffic.is_some() { manifest } else { format!("{POOL}---\n{manifest}") };
    super::delete(context, &all, "MetalLB").await
}

/// Applies pool and advertisement, again and again until the webhooks answer.
async fn announce(context: &Context, ranges: &str) -> Result<String> {
    let pool = POOL.replace("RANGES", ranges);
    let deadline = Instant::now() + PATIENCE;
    loop {
        match context.kubectl().apply(&pool).await {
            Err(_) if Instant::now() < deadline => sleep(Duration::from_secs(1)).await,
            applied => return applied,
        }
    }
}

/// Enables it for these ranges. Where MetalLB really runs, its webhooks have to let them pass.
pub(super) async fn enable(context: &Context, arguments: &[String], inferred: String) -> Result<Outcome> {
    let Some(ranges) = arguments.first() else {
        // Without a range the real add-on asks for one; a closed standard input ends it without a word.
        return Ok(Outcome { stdout: "Enabling MetalLB\n".into(), stderr: inferred, code: 1 });
    };
    let ranges: Vec<&str> = ranges.split(',').map(str::trim).collect();
    if let Some(bad) = ranges.iter().find(|range| !is_range(range)) {
        let stdout = format!("Enabling MetalLB\nYour input value ({bad}) is not a valid IP Range\n");
        return Ok(Outcome { stdout, stderr: inferred, code: 1 });
    }
    let listed = serde_json::to_string(&ranges).unwrap_or_default();
    let applied = context.kubectl().apply(&manifest(context)?).await? + &announce(context, &listed).await?;
    let stdout = format!("Enabling MetalLB\nApplying Metallb manifest\n{applied}MetalLB is enabled\n");
    Ok(Outcome { stdout, stderr: inferred, code: 0 })
}

fn is_range(text: &str) -> bool {
    match text.split_once('-') {
        Some((first, last)) => match (first.parse::<IpAddr>(), last.parse::<IpAddr>()) {
            (Ok(first), Ok(last)) => first.is_ipv4() == last.is_ipv4(),
            _ => false,
        },
        None => text.parse::<IpNet>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_pairs_or_prefixes_of_one_family() {
        assert!(is_range("10.0.0.50-10.0.0.99") && is_range("fd00::/64") && is_range("fd00::1-fd00::9"));
        assert!(!is_range("10.0.0.1-fd00::9") && !is_range("x") && !is_range("10.0.0.1"));
    }
}
