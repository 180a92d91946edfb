//! `microk8s config`: the admin's kubeconfig, for use from elsewhere.

use super::Context;
use super::microk8s::WORKER;
use crate::failure::Result;
use crate::host;
use crate::layout::read;
use crate::outcome::Outcome;

pub(crate) fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    if context.layout.is_worker() {
        return Ok(Outcome::said(format!("{WORKER}\nPlease use the control plane node.")));
    }
    let text = read(&context.layout.credential("client.config"))?;
    let loopback = arguments.iter().any(|argument| argument == "-l" || argument == "--use-loopback");
    let text = if loopback {
        text
    } else {
        let address = host::default_address().map_or_else(|| "none".into(), |address| address.to_string());
        reachable(&text, &address)
    };
    Ok(Outcome::said(format!("{text}\n")))
}

/// Replaces the first loopback address of each line.
fn reachable(text: &str, address: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.replacen("127.0.0.1", address, 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_loopback_address_of_a_line_is_replaced() {
        assert_eq!(
            reachable("a: 127.0.0.1 127.0.0.1\nb: c\n", "10.0.0.11"),
            "a: 10.0.0.11 127.0.0.1\nb: c\n"
        );
    }
}
