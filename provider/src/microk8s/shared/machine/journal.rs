//! Which lines of a service's log tell why it ended.

/// How many lines fit a message to a person.
const MOST: usize = 10;

/// Words of lines that tell, besides those that Kubernetes' programs mark as errors.
const SIGNS: [&str; 8] = ["error", "failed", "fatal", "unknown flag", "invalid", "panic", "refuse", "cannot"];

/// The last lines that tell why a program ended; its last lines of all if there are none. What systemd says
/// about it is worth less than what it says itself, and what came again is told once.
pub(super) fn relevant_lines(log: &str) -> String {
    let lines: Vec<Line<'_>> = log.lines().filter(|line| !line.trim().is_empty()).map(Line::read).collect();
    let choices: [fn(&Line<'_>) -> bool; 3] =
        [|line| !line.of_systemd && line.tells(), |line| !line.of_systemd, |_| true];
    let mut told: Vec<&str> = Vec::new();
    for choice in choices {
        for line in lines.iter().rev().filter(|line| choice(line)) {
            if told.len() < MOST && !told.contains(&line.message) {
                told.push(line.message);
            }
        }
        if !told.is_empty() {
            break;
        }
    }
    told.reverse();
    told.join("\n")
}

/// A line such as `Nov 25 19:59:55 cp1 kubelite[12]: the message`.
struct Line<'a> {
    of_systemd: bool,
    message: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Self {
        let (origin, message) = line.split_once("]: ").unwrap_or(("", line));
        Self { of_systemd: origin.contains(" systemd["), message: message.trim_end() }
    }

    fn tells(&self) -> bool {
        match self.severity() {
            Some('E' | 'F') => true,
            Some(_) => false,
            None => {
                let message = self.message.to_ascii_lowercase();
                SIGNS.iter().any(|sign| message.contains(sign))
            }
        }
    }

    /// The letter of Kubernetes' programs before the month and the day, as in `E1125`.
    fn severity(&self) -> Option<char> {
        let (letter, rest) = self.message.split_at_checked(1)?;
        let date = rest.get(..4)?.bytes().all(|byte| byte.is_ascii_digit());
        letter.chars().next().filter(|letter| date && "IWEF".contains(*letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_tell_most_are_chosen() {
        let line = |who: &str, text: &str| format!("Nov 25 19:59:55 cp1 {who}[12]: {text}\n");
        let started = line("kubelite", "starting");
        let noise = line("kubelite", "I1125 20:04:42.164617 20 x.go:86] Shutting down after an error");
        let marked = line("kubelite", "E1125 20:04:42.164617 20 run.go:72] \"command ended\" err=\"x\"");
        let plain = line("kubelite", "Invalid value: unknown flag: --wrong");
        let failed = line("systemd", "kubelite.service: Failed with result 'exit-code'.");
        let cases = [
            (
                format!("{started}{plain}{failed}{started}{plain}{failed}"),
                "Invalid value: unknown flag: --wrong",
            ),
            (
                format!("{noise}{marked}{noise}"),
                "E1125 20:04:42.164617 20 run.go:72] \"command ended\" err=\"x\"",
            ),
            (format!("{started}{failed}"), "starting"),
            (failed.clone(), "kubelite.service: Failed with result 'exit-code'."),
            ("\n".to_owned(), ""),
        ];
        for (log, told) in cases {
            assert_eq!(relevant_lines(&log), told, "{log}");
        }
        let many: String = (0..30).map(|number| line("kubelite", &format!("error {number}"))).collect();
        assert_eq!(relevant_lines(&many).lines().next(), Some("error 20"));
    }
}
