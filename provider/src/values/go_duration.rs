//! Durations as Kubernetes objects spell them: `90s`, `1m30s`, `1500ms`.

use std::time::Duration;
use tfplugin::types::SemanticValue;

/// A length of time in Go's spelling, which the API server keeps as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub Duration);

/// Units and their nanoseconds. Longer spellings come before those that begin like them.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];

impl SemanticValue for GoDuration {
    const EXPECTED: &'static str = "a duration such as 90s, 1m30s or 1500ms (units: h, m, s, ms)";

    fn parse(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self(Duration::ZERO));
        }
        let (mut rest, mut total) = (text, 0.0);
        while !rest.is_empty() {
            let digits = rest.len()
                - rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.').len();
            let (number, after) = rest.split_at_checked(digits)?;
            let (unit, nanoseconds) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
            total += number.parse::<f64>().ok()? * nanoseconds;
            rest = after.strip_prefix(unit)?;
        }
        // What Go's 63 bits hold.
        (!text.is_empty() && total < 9.2e18).then(|| Self(Duration::from_nanos(total as u64)))
    }

    fn canonical(&self) -> String {
        match self.0.subsec_nanos() {
            0 => format!("{}s", self.0.as_secs()),
            _ => format!("{}ms", self.0.as_millis()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        let parsed = |text: &str| GoDuration::parse(text).map(|duration| duration.0);
        assert_eq!(parsed("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parsed("1m30s"), parsed("90s"));
        assert_eq!(parsed("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(parsed("1500ms"), parsed("1.5s"));
        assert_eq!(parsed("0"), Some(Duration::ZERO));
        assert_eq!(parsed("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["", "90", "90 s", "1d", "-1s", "s", "1..5s", "1day", "9999999999h"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
