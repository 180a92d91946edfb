//! A router's address without what a proxy in front of it is told: its userinfo is sent and never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Url;

/// The address for messages and logs.
pub fn without_userinfo(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if !has_userinfo(&parsed) => url.to_owned(),
        Ok(mut parsed) => {
            // Both fail only where there can be no userinfo.
            parsed.set_password(None).unwrap_or_default();
            parsed.set_username("").unwrap_or_default();
            parsed.as_str().trim_end_matches('/').to_owned()
        }
        Err(_) => url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, rest)| format!("...@{rest}")),
    }
}

/// What of the address is masked in what others say: the password as it is written and as it is meant, and
/// the header that carries it.
pub(super) fn secrets(url: &str) -> Vec<String> {
    let Some(parsed) = Url::parse(url).ok().filter(has_userinfo) else { return Vec::new() };
    let user = decoded(parsed.username());
    let password = parsed.password().map(decoded).unwrap_or_default();
    let header = BASE64.encode(format!("{user}:{password}"));
    let written = parsed.password().unwrap_or_default().to_owned();
    // Without a password the name itself is the token.
    let name = if password.is_empty() { vec![user] } else { Vec::new() };
    [name, vec![written, password, header]].concat().into_iter().filter(|word| !word.is_empty()).collect()
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, tail @ ..] => {
                let digits = [*high, *low];
                let byte = std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                byte.map(|byte| (byte, tail))
            }
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_never_shown() {
        for (url, shown) in [
            ("https://10.0.0.1", "https://10.0.0.1"),
            ("https://10.0.0.1/vyos/", "https://10.0.0.1/vyos/"),
            ("https://proxy:hidden@10.0.0.1", "https://10.0.0.1"),
            ("https://hidden@[fd01::1]:8443/vyos", "https://[fd01::1]:8443/vyos"),
            ("https:\\\\proxy:hid@den@10.0.0.1", "https://10.0.0.1"),
            ("https://proxy:hidden@10.0.0.1:port", "...@10.0.0.1:port"),
        ] {
            assert_eq!(without_userinfo(url), shown, "{url}");
        }
    }

    #[test]
    fn a_password_is_known_in_every_form() {
        assert_eq!(secrets("https://me:p%40ss@host"), ["p%40ss", "p@ss", "bWU6cEBzcw=="]);
        assert_eq!(secrets("https://token@host"), ["token", "dG9rZW46"]);
        assert!(secrets("https://host").is_empty());
    }
}
