//! Names of objects and namespaces, as an API server accepts them.

/// Whether a text can be the name of a namespace; for `#[attribute(validate = ...)]`.
pub fn namespace_name(name: &str) -> Result<(), String> {
    match object_name(name).is_ok() && !name.contains('.') && name.len() <= 63 {
        true => Ok(()),
        false => Err(format!(
            "{name:?} is not a name of a namespace: use at most 63 lower-case letters, digits and `-`, with a letter or \
             digit at both ends"
        )),
    }
}

/// Whether a text, where it is given, can be the name of a namespace; for `#[attribute(validate = ...)]`.
pub fn some_namespace(name: &Option<String>) -> Result<(), String> {
    name.as_deref().map_or(Ok(()), namespace_name)
}

/// Whether a text, where it is given, can be the name of an object; for `#[attribute(validate = ...)]`.
pub fn some_object(name: &Option<String>) -> Result<(), String> {
    name.as_deref().map_or(Ok(()), object_name)
}

/// Whether a text can be the name of an object; for `#[attribute(validate = ...)]`.
pub fn object_name(name: &str) -> Result<(), String> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let labels = name.split('.').all(|label| {
        let ends = label.bytes().next().is_some_and(inner) && label.bytes().next_back().is_some_and(inner);
        ends && label.bytes().all(|byte| inner(byte) || byte == b'-')
    });
    match labels && name.len() <= 253 {
        true => Ok(()),
        false => Err(format!(
            "{name:?} is not a name of an object: use at most 253 lower-case letters, digits, `-` and `.`, with a letter or \
             digit at both ends"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_an_api_server_takes() {
        for good in ["a", "default-pool", "pool.v6", "0"] {
            assert_eq!(object_name(good), Ok(()), "{good}");
        }
        for bad in ["", "Pool", "-a", "a-", "a..b", "a/b", "a_b", &"a".repeat(254)] {
            assert!(object_name(bad).is_err(), "{bad}");
        }
    }
}
