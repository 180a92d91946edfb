//! containerd, as far as its flags go: what runs containers is [`crate::containers`].

use crate::args::parse;
use crate::daemon::Node;
use crate::failure::{Failure, Result};
use crate::layout::read;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Its flags (containerd v2.1, cmd/containerd/command/main.go).
const FLAGS: [&str; 10] =
    ["config", "c", "log-level", "l", "address", "a", "root", "state", "help", "version"];

/// Runs until told to stop. The pods that run outlive the kubelet, and end with this.
pub(crate) async fn run(node: Arc<Node>, stop: CancellationToken) -> Result<()> {
    let arguments = parse::shell(&read(&node.layout.args("containerd"))?, &node.layout.environment())?;
    check(&arguments)?;
    stop.cancelled().await;
    node.runtime.end().await;
    Ok(())
}

fn check(arguments: &[String]) -> Result<()> {
    let flags = arguments.iter().filter_map(|word| word.strip_prefix('-'));
    let names = flags.map(|flag| flag.trim_start_matches('-').split('=').next().unwrap_or_default());
    match names.into_iter().find(|name| !FLAGS.contains(name)) {
        // As urfave/cli says it.
        Some(unknown) => Err(Failure::new(format!("containerd: flag provided but not defined: -{unknown}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::defaults;

    #[test]
    fn the_snaps_own_flags_are_known_and_others_end_it() {
        let shipped: Vec<String> =
            defaults::text_of("containerd").split_whitespace().map(str::to_owned).collect();
        check(&shipped).unwrap();
        check(&["--log-level=debug".to_owned()]).unwrap();
        let refused = check(&["--wrong=1".to_owned()]).unwrap_err();
        assert_eq!(refused.to_string(), "containerd: flag provided but not defined: -wrong");
    }
}
