//! Kubernetes label selectors, as MetalLB's objects use them for nodes, namespaces, services and pools.

use std::collections::BTreeMap;
use tfplugin::Model;

/// Selects what carries all of these labels. Empty, it selects everything.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct LabelSelector {
    /// Labels and the values that they must have. A selector with neither `match_labels` nor
    /// `match_expressions` selects everything.
    #[attribute(optional)]
    pub match_labels: Option<BTreeMap<String, String>>,

    /// Rules on labels, all of which must hold.
    #[attribute(optional)]
    pub match_expressions: Option<Vec<MatchExpression>>,
}

/// A rule on one label.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct MatchExpression {
    /// Key of the label.
    #[attribute(required)]
    pub key: String,

    /// `In` or `NotIn` (its value is, or is not, one of `values`), `Exists` or `DoesNotExist`.
    #[attribute(required)]
    pub operator: String,

    /// Values for `In` and `NotIn`; none for the other operators.
    #[attribute(optional)]
    pub values: Option<Vec<String>>,
}

/// Whether selectors are sound and MetalLB takes them; for `#[attribute(validate = ...)]`.
pub(super) fn selectors(selectors: &Option<Vec<LabelSelector>>) -> Result<(), String> {
    let selectors = selectors.as_deref().unwrap_or_default();
    for (at, selector) in selectors.iter().enumerate() {
        if selectors.iter().take(at).any(|earlier| earlier == selector) {
            return Err("the same selector is given twice, which MetalLB refuses".to_owned());
        }
        selector.match_expressions.iter().flatten().try_for_each(MatchExpression::check)?;
    }
    Ok(())
}

impl MatchExpression {
    fn check(&self) -> Result<(), String> {
        let Self { key, operator, values } = self;
        let has_values = values.as_ref().is_some_and(|values| !values.is_empty());
        match operator.as_str() {
            "In" | "NotIn" if has_values => Ok(()),
            "In" | "NotIn" => {
                Err(format!("the rule on label {key:?} needs `values` for operator {operator}"))
            }
            "Exists" | "DoesNotExist" if has_values => {
                Err(format!("the rule on label {key:?} takes no `values` for operator {operator}"))
            }
            "Exists" | "DoesNotExist" => Ok(()),
            _ => Err(format!("{operator:?} is not an operator; use In, NotIn, Exists or DoesNotExist")),
        }
    }
}

/// Whether no text is given twice, which MetalLB refuses; for `#[attribute(validate = ...)]`.
pub(super) fn distinct(texts: &Option<Vec<String>>) -> Result<(), String> {
    let texts = texts.as_deref().unwrap_or_default();
    let repeated =
        texts.iter().enumerate().find(|(at, text)| texts.iter().take(*at).any(|earlier| earlier == *text));
    repeated.map_or(Ok(()), |(_, text)| Err(format!("{text:?} is given twice, which MetalLB refuses")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(operator: &str, values: &[&str]) -> Option<Vec<LabelSelector>> {
        let values = Some(values.iter().map(|value| (*value).to_owned()).collect());
        let rule = MatchExpression { key: "rack".into(), operator: operator.into(), values };
        Some(vec![LabelSelector { match_labels: None, match_expressions: Some(vec![rule]) }])
    }

    #[test]
    fn operators_have_the_values_they_need() {
        assert_eq!(selectors(&rule("In", &["1"])), Ok(()));
        assert_eq!(selectors(&rule("Exists", &[])), Ok(()));
        assert!(selectors(&rule("In", &[])).unwrap_err().contains("needs `values`"));
        assert!(selectors(&rule("Exists", &["1"])).unwrap_err().contains("takes no `values`"));
        assert!(selectors(&rule("in", &["1"])).unwrap_err().contains("not an operator"));
    }

    #[test]
    fn nothing_twice() {
        let mut twice = rule("In", &["1"]).unwrap();
        twice.extend(twice.clone());
        assert!(selectors(&Some(twice)).unwrap_err().contains("twice"));
        assert!(distinct(&Some(vec!["a".into(), "b".into(), "a".into()])).unwrap_err().contains("\"a\""));
        assert_eq!(distinct(&None), Ok(()));
    }
}
