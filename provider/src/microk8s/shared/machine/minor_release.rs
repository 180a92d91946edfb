//! The minor release of Kubernetes, which MicroK8s' versions and channels share.

/// The 35 of `1.35`, `1.35.1` and `v1.35.1`; none in `latest`.
pub(crate) fn minor_release(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_tracks_tell_it() {
        for (text, minor) in [
            ("v1.35.1", Some(35)),
            ("v1.28.15\n", Some(28)),
            ("1.35", Some(35)),
            ("v1.36", Some(36)),
            ("latest", None),
            ("2.1", None),
        ] {
            assert_eq!(minor_release(text), minor, "{text}");
        }
    }
}
