//! The names and addresses that the API server's certificate answers to.

use crate::failure::{Result, Tried};
use crate::host;
use crate::layout::{Layout, read_or_empty, write};
use rcgen::SanType;

/// The template of the signing request as the snap brings it.
pub(crate) const TEMPLATE: &str = include_str!("../../snap/csr.conf.template");
const MORE: &str = "#MOREIPS";

/// The template with the node's addresses filled in.
pub(crate) fn rendered(layout: &Layout) -> Result<String> {
    let template = read_or_empty(&layout.certificate("csr.conf.template"));
    let first = template.lines().filter(|line| line.starts_with("IP.")).count() + 1;
    let lines: Vec<String> = (first..)
        .zip(host::addresses()?)
        .map(|(number, address)| format!("IP.{number} = {address}"))
        .collect();
    Ok(template.replace(MORE, &lines.join("\n")))
}

/// The template that a launch configuration's `extraSANs` leaves behind; numbers start at 0, as in the
/// agent's own.
pub(crate) fn template_with(extra: &[String]) -> String {
    let (addresses, names): (Vec<&String>, Vec<&String>) =
        extra.iter().partition(|name| name.parse::<std::net::IpAddr>().is_ok());
    let (head, _) = TEMPLATE.split_once("[ alt_names ]").unwrap_or((TEMPLATE, ""));
    let fixed =
        ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster"]
            .into_iter()
            .chain(["kubernetes.default.svc.cluster.local"]);
    let dns = fixed.chain(names.iter().map(|name| name.as_str()));
    let ips = ["127.0.0.1", "10.152.183.1"].into_iter().chain(addresses.iter().map(|name| name.as_str()));
    let lines = (0..).zip(dns).map(|(number, name)| format!("DNS.{number} = {name}\n"));
    let lines = lines.chain((0..).zip(ips).map(|(number, address)| format!("IP.{number} = {address}\n")));
    format!("{head}[ alt_names ]\n{}{MORE}\n", lines.collect::<String>())
}

/// The names in a rendered request.
pub(crate) fn alternatives(rendered: &str) -> Result<Vec<SanType>> {
    let entries = rendered.lines().filter_map(|line| line.split_once('='));
    let mut found = Vec::new();
    for (key, value) in entries.map(|(key, value)| (key.trim(), value.trim())) {
        if key.starts_with("DNS.") {
            found.push(SanType::DnsName(value.try_into().tried(|| format!("{value} is no DNS name"))?));
        } else if key.starts_with("IP.") {
            found.push(SanType::IpAddress(value.parse().tried(|| format!("{value} is no address"))?));
        }
    }
    Ok(found)
}

/// Renders the request anew and says whether it differs from what the certificate was made from.
pub(crate) fn refresh(layout: &Layout) -> Result<bool> {
    let rendered = rendered(layout)?;
    write(&layout.certificate("csr.conf.rendered"), &rendered)?;
    Ok(rendered != read_or_empty(&layout.certificate("csr.conf")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_names_join_the_fixed_ones_with_numbers_from_zero() {
        let text = template_with(&["10.153.183.1".into(), "api.example".into(), "fd00::1".into()]);
        assert!(text.contains("DNS.5 = api.example\n"));
        assert!(text.contains(
            "IP.0 = 127.0.0.1\nIP.1 = 10.152.183.1\nIP.2 = 10.153.183.1\nIP.3 = fd00::1\n#MOREIPS\n"
        ));
        assert_eq!(alternatives(&text).unwrap().len(), 10);
    }

    #[test]
    fn without_extra_names_the_template_is_as_good_as_the_snaps() {
        let own = alternatives(TEMPLATE).unwrap();
        assert_eq!(alternatives(&template_with(&[])).unwrap(), own);
    }
}
