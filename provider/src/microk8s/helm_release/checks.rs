//! What a release's attributes cannot be. None of them may be taken for an option of a command line.

use tfplugin::Computed;

pub(super) fn name(name: &String) -> Result<(), String> {
    match is_label(name, 53, ".-") {
        true => Ok(()),
        false => Err(format!(
            "{name:?} is not a name of a release: 1 to 53 of a-z, 0-9, \"-\" and \".\", a letter or digit at both ends"
        )),
    }
}

pub(super) fn namespace(name: &String) -> Result<(), String> {
    match is_label(name, 63, "-") {
        true => Ok(()),
        false => Err(format!(
            "{name:?} is not a name of a namespace: 1 to 63 of a-z, 0-9 and \"-\", a letter or digit at both ends"
        )),
    }
}

fn is_label(text: &str, most: usize, also: &str) -> bool {
    let plain = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    text.len() <= most
        && text.chars().all(|one| plain(one) || also.contains(one))
        && text.starts_with(plain)
        && text.ends_with(plain)
}

pub(super) fn repository(address: &Option<String>) -> Result<(), String> {
    let Some(address) = address else { return Ok(()) };
    let has_scheme = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    match has_scheme && !address.contains(char::is_whitespace) {
        true => Ok(()),
        false => Err(format!(
            "{address:?} is not an address of a repository, such as https://charts.example. A chart in a registry is \
             chart = \"oci://...\" without repository"
        )),
    }
}

pub(super) fn chart(chart: &String) -> Result<(), String> {
    match chart.is_empty() || chart.starts_with('-') || chart.contains(char::is_whitespace) {
        true => Err(format!(
            "{chart:?} is not a chart: give its name in the repository, an oci:// address, or a path on the node"
        )),
        false => Ok(()),
    }
}

pub(super) fn version(version: &Computed<String>) -> Result<(), String> {
    let Some(version) = version.known() else { return Ok(()) };
    let number = version.strip_prefix('v').unwrap_or(version);
    let allowed = |one: char| one.is_ascii_alphanumeric() || ".-+".contains(one);
    let exact = number.starts_with(|one: char| one.is_ascii_digit())
        && number.chars().all(allowed)
        && number.matches('.').count() >= 2
        && !number.to_ascii_lowercase().contains(".x");
    match exact {
        true => Ok(()),
        false => Err(format!(
            "{version:?} is not one version of a chart, such as 0.15.2: a range would be another version every day"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_exact() {
        for good in ["0.15.2", "v1.8.0", "1.0.0-rc.1", "1.12.1+up1"] {
            assert_eq!(version(&Computed::Known(good.into())), Ok(()), "{good}");
        }
        for bad in ["~1.2", "1.x", "latest", ">=1.0.0", "1.2", "1.2.x", "-1.0.0"] {
            assert!(version(&Computed::Known(bad.into())).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_passes_for_an_option() {
        for bad in ["", "-x", "a b", "A"] {
            assert!(name(&bad.to_owned()).is_err() && namespace(&bad.to_owned()).is_err(), "{bad}");
        }
        for bad in ["", "-x", "a b"] {
            assert!(chart(&bad.to_owned()).is_err() && repository(&Some(bad.to_owned())).is_err(), "{bad}");
        }
        assert_eq!((name(&"a.b".into()), namespace(&"a-b".into())), (Ok(()), Ok(())));
        assert!(namespace(&"a.b".into()).is_err());
        assert_eq!(chart(&"oci://charts.example/shop".into()), Ok(()));
    }
}
