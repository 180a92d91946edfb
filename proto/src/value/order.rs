//! An order of values, to compare sets: every element with every other takes hours where there are many.

use super::Value;
use std::cmp::Ordering;

/// An order in which those values are equal that `==` takes for equal.
pub(super) fn order(a: &Value, b: &Value) -> Ordering {
    use Value::{Bool, Dynamic, List, Map, Null, Number, Object, Set, String, Tuple, Unknown};
    match (a, b) {
        (Null, Null) | (Unknown(_), Unknown(_)) => Ordering::Equal,
        (Bool(a), Bool(b)) => a.cmp(b),
        (Number(a), Number(b)) => a.cmp(b),
        (String(a), String(b)) => a.cmp(b),
        (List(a), List(b)) | (Tuple(a), Tuple(b)) => in_turn(a.iter(), b.iter(), order),
        (Set(a), Set(b)) => in_turn(sorted(a).into_iter(), sorted(b).into_iter(), order),
        (Map(a), Map(b)) | (Object(a), Object(b)) => {
            in_turn(a.iter(), b.iter(), |a, b| a.0.cmp(b.0).then_with(|| order(a.1, b.1)))
        }
        (Dynamic(a), Dynamic(b)) => a.0.cmp(&b.0).then_with(|| order(&a.1, &b.1)),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Elements in that order.
pub(super) fn sorted(all: &[Value]) -> Vec<&Value> {
    let mut all: Vec<&Value> = all.iter().collect();
    all.sort_unstable_by(|a, b| order(a, b));
    all
}

fn in_turn<T>(
    a: impl ExactSizeIterator<Item = T>,
    b: impl ExactSizeIterator<Item = T>,
    order: impl Fn(T, T) -> Ordering,
) -> Ordering {
    let by_length = a.len().cmp(&b.len());
    by_length
        .then_with(|| a.zip(b).map(|(a, b)| order(a, b)).find(|one| one.is_ne()).unwrap_or(Ordering::Equal))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Unknown(_) => 1,
        Value::Bool(_) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::List(_) => 5,
        Value::Set(_) => 6,
        Value::Tuple(_) => 7,
        Value::Map(_) => 8,
        Value::Object(_) => 9,
        Value::Dynamic(_) => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Number, Type};
    use super::*;
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn number(text: &str) -> Value {
        Value::Number(text.parse::<Number>().unwrap())
    }

    #[test]
    fn the_order_is_equal_where_values_are() {
        let map = |key: &str, value| BTreeMap::from([(key.to_owned(), value)]);
        let all = [
            Value::Null,
            Value::unknown(),
            Value::Bool(false),
            Value::Bool(true),
            number("1"),
            number("1.00"),
            number("-1e400"),
            text(""),
            text("1"),
            Value::List(vec![]),
            Value::List(vec![text("a"), text("b")]),
            Value::Tuple(vec![text("a"), text("b")]),
            Value::Set(vec![text("a"), text("b")]),
            Value::Set(vec![text("b"), text("a")]),
            Value::Set(vec![Value::Set(vec![text("b"), text("a")])]),
            Value::Set(vec![Value::Set(vec![text("a"), text("b")])]),
            Value::Set(vec![text("b"), text("b")]),
            Value::Map(map("a", Value::Null)),
            Value::Map(map("b", Value::Null)),
            Value::Object(map("a", number("2"))),
            Value::Dynamic(Box::new((Type::String, text("a")))),
            Value::Dynamic(Box::new((Type::Dynamic, text("a")))),
        ];
        for a in &all {
            for b in &all {
                assert_eq!(order(a, b).is_eq(), a == b, "{a:?} {b:?}");
                assert_eq!(order(a, b), order(b, a).reverse(), "{a:?} {b:?}");
            }
        }
        assert_eq!(
            Value::Set(vec![number("1"), number("1.0")]),
            Value::Set(vec![number("1.0"), number("1")])
        );
    }

    #[test]
    fn sets_of_many_elements_are_compared_in_no_time() {
        let element = |n: u32| {
            let members = [("name", text(&format!("element {n}"))), ("size", number(&n.to_string()))];
            Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into())
        };
        let forth = Value::Set((0..20_000).map(element).collect());
        let back = Value::Set((0..20_000).rev().map(element).collect());
        let other = Value::Set((1..20_001).map(element).collect());
        let began = Instant::now();
        assert!(forth == back && forth != other);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
