//! Reads the text form back, as it stands in a boot file or in a request to load one.

use super::Node;
use crate::schema::Schema;

/// Why a text is no configuration.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(crate) struct ParseError {
    line: usize,
    problem: String,
}

/// Reads a whole configuration. What the schema does not know is refused, as `load` does.
pub(crate) fn parse(text: &str, schema: &Schema) -> Result<Node, ParseError> {
    let mut root = Node::default();
    let mut path: Vec<String> = Vec::new();
    // How many words of the path each open brace added.
    let mut open: Vec<usize> = Vec::new();
    let mut comment = None;
    for (index, line) in text.lines().enumerate() {
        let problem = |problem: String| ParseError { line: index + 1, problem };
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if let Some(text) = line.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")) {
            comment = Some(text.trim().to_owned());
            continue;
        }
        if line == "}" {
            let added = open.pop().ok_or_else(|| problem("closes what was not opened".to_owned()))?;
            path.truncate(path.len() - added);
            continue;
        }
        let (body, opens) = match line.strip_suffix('{') {
            Some(body) => (body.trim(), true),
            None => (line, false),
        };
        let (name, value) = body.split_once(' ').map_or((body, None), |(name, value)| (name, Some(value)));
        let words = path.len();
        path.push(name.to_owned());
        path.extend(value.map(unquoted));
        schema
            .check_set(&path)
            .map_err(|said| problem(said.split_whitespace().collect::<Vec<_>>().join(" ")))?;
        crate::session::insert(&mut root, schema, &path);
        if let Some(text) = comment.take()
            && let Some(node) = root.get_mut(path.iter().map(String::as_str))
        {
            node.comment = Some(text);
        }
        if opens {
            open.push(path.len() - words);
        } else {
            path.truncate(words);
        }
    }
    if open.is_empty() {
        Ok(root)
    } else {
        Err(ParseError { line: text.lines().count(), problem: "a brace is not closed".to_owned() })
    }
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Version::V1_4;
    use crate::session::insert;
    use crate::tree::boot_file;

    #[test]
    fn what_is_written_reads_back() {
        let schema = Schema::new(V1_4).expect("the table reads");
        let mut root = Node::default();
        let describe = |text: &'static str| vec!["policy", "route-map", "A", "description", text];
        for text in ["a {", "}", "/* no comment */", "// neither", "back\\slash", "ends with {", "ü € #", ""]
        {
            let lines = [
                describe(text),
                vec!["policy", "route-map", "A", "rule", "10", "set", "community", "add", "no-export"],
                vec!["policy", "route-map", "A", "rule", "10", "set", "community", "add", "1:2"],
                vec!["protocols", "bgp", "neighbor", "2001:db8::1", "shutdown"],
                vec!["protocols", "bgp", "neighbor", "2001:db8::1", "address-family", "ipv6-unicast"],
                vec!["protocols", "static", "route", "10.9.0.0/16"],
            ];
            for line in lines {
                let path: Vec<String> = line.into_iter().map(str::to_owned).collect();
                insert(&mut root, &schema, &path);
            }
            root.get_mut(["policy"]).expect("it was set").comment = Some("look here".to_owned());
            let written = boot_file(&root, V1_4);
            assert_eq!(parse(&written, &schema).expect("it reads"), root, "{written}");
        }
    }

    #[test]
    fn what_is_no_configuration_is_refused_with_its_line() {
        let schema = Schema::new(V1_4).expect("the table reads");
        for (text, said) in [
            ("policy {\n", "line 1: a brace is not closed"),
            ("}\n", "line 1: closes what was not opened"),
            (
                "system {\n    nonsense\n}\n",
                "line 2: Configuration path: [system nonsense] is not valid Set failed",
            ),
        ] {
            assert_eq!(parse(text, &schema).expect_err("refused").to_string(), said);
        }
    }
}
