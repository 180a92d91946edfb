//! What a function is called with, and what its errors name.

use super::{Arguments, Parameter, ServedFunction, Signature, check};
use crate::model::Set;
use crate::types::Semantic;
use crate::value::{Type, Value};
use crate::{Function, FunctionError, Knowable, Parameters};
use std::net::Ipv4Addr;

/// Says which of the `others` is nearest.
///
/// More about it.
#[derive(Parameters)]
#[function(name = "nearest", deprecated = "use `near`")]
struct Nearest {
    /// Where to begin.
    from: Semantic<Ipv4Addr>,
    /// How far it may be at most; null: any.
    #[parameter(name = "limit", validate = small)]
    most: Option<u8>,
    /// A remark, which may not be known yet.
    note: Knowable<String>,
    /// Where it may be.
    #[parameter(variadic, validate = no_first)]
    others: Vec<Vec<Semantic<Ipv4Addr>>>,
}

fn small(most: &Option<u8>) -> Result<(), String> {
    if most.is_none_or(|most| most < 100) { Ok(()) } else { Err("it must be below 100".to_owned()) }
}

fn no_first(one: &[Semantic<Ipv4Addr>]) -> Result<(), String> {
    if one.is_empty() { Err("it must not be empty".to_owned()) } else { Ok(()) }
}

impl Function for Nearest {
    type Return = Knowable<String>;

    fn call(self) -> Result<Knowable<String>, FunctionError> {
        let Knowable::Known(note) = self.note else { return Ok(Knowable::Unknown) };
        match note.as_str() {
            "whole" => return Err(FunctionError::new("all of it is wrong")),
            "from" => return Err(FunctionError::at(Self::FROM, "it is far away")),
            "second" => return Err(FunctionError::at(Self::OTHERS.nth(1), "it is too near")),
            _ => {}
        }
        let (from, count) = (self.from, self.others.len());
        Ok(Knowable::Known(format!("{note} {from} {:?} {count}", self.most)))
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list(all: &[&str]) -> Value {
    Value::List(all.iter().map(|one| text(one)).collect())
}

fn number(number: i64) -> Value {
    Value::Number(number.into())
}

fn call(arguments: &[Value]) -> Result<Value, FunctionError> {
    ServedFunction::of::<Nearest>().call(arguments, |text| match text {
        "odd" => Err("it is odd".to_owned()),
        _ => Ok(()),
    })
}

#[test]
fn types_and_doc_comments_are_the_signature() {
    let signature = Signature::of::<Nearest>();
    assert_eq!((signature.name, signature.fewest()), ("nearest", 3));
    assert_eq!(signature.summary, "Says which of the others is nearest.");
    assert_eq!(signature.description, "Says which of the `others` is nearest.\n\nMore about it.");
    assert_eq!(signature.deprecated, Some("use `near`"));
    assert_eq!(signature.returns, Type::String);
    let of = |one: &Parameter| (one.name, one.of.clone(), one.allow_null, one.allow_unknown, one.variadic);
    let addresses = Type::List(Box::new(Type::String));
    assert_eq!(
        signature.parameters.iter().map(of).collect::<Vec<_>>(),
        [
            ("from", Type::String, false, false, false),
            ("limit", Type::Number, true, false, false),
            ("note", Type::String, false, true, false),
            ("others", addresses, false, false, true),
        ]
    );
    assert_eq!(check(&signature), Ok(()));
}

#[test]
fn arguments_arrive_typed_and_in_order() {
    let from = || text("10.0.0.1");
    let called = |arguments: &[Value]| call(arguments).unwrap();
    assert_eq!(called(&[from(), Value::Null, text("a")]), text("a 10.0.0.1 None 0"));
    assert_eq!(
        called(&[from(), number(3), text("a"), list(&["10.0.0.2"]), list(&["10.0.0.3"])]),
        text("a 10.0.0.1 Some(3) 2")
    );
    // Asked for, or answered as core would.
    assert!(called(&[from(), Value::Null, Value::unknown()]).is_unknown());
    assert!(called(&[Value::unknown(), Value::Null, text("whole")]).is_unknown());
    let partly = Value::List(vec![Value::unknown()]);
    assert!(called(&[from(), Value::Null, text("whole"), partly]).is_unknown());
}

#[test]
fn an_error_names_the_argument_by_its_place_among_all() {
    let from = || text("10.0.0.1");
    let near = || list(&["10.0.0.2"]);
    for (arguments, position, said) in [
        (vec![from(), Value::Null], None, "nearest takes 3 arguments, this call has 2"),
        (vec![from(), Value::Null, text("whole")], None, "all of it is wrong"),
        (vec![from(), Value::Null, text("from")], Some((0, "from")), "it is far away"),
        (vec![from(), Value::Null, text("second"), near(), near()], Some((4, "others")), "it is too near"),
        (vec![Value::Null, Value::Null, text("a")], Some((0, "from")), "it must not be null"),
        (vec![text("10.0.0"), Value::Null, text("a")], Some((0, "from")), "is not an IPv4 address such as"),
        (vec![from(), number(100), text("a")], Some((1, "limit")), "it must be below 100"),
        (vec![from(), number(256), text("a")], Some((1, "limit")), "256 is not a whole number from 0 to 255"),
        (vec![from(), Value::Null, text("odd")], Some((2, "note")), "it is odd"),
        (
            vec![from(), Value::Null, text("a"), near(), list(&["10.0.0.2", "x"])],
            Some((4, "others")),
            "others[1]: \"x\" is not an IPv4 address",
        ),
        (vec![from(), Value::Null, text("a"), near(), list(&[])], Some((4, "others")), "must not be empty"),
    ] {
        let error = call(&arguments).unwrap_err();
        let named = error.argument().map(|argument| (argument.position(), argument.name()));
        assert_eq!(named, position, "{error}");
        assert!(error.text().contains(said), "{error}");
    }
}

/// Takes nothing.
#[derive(Parameters)]
#[function(name = "nothing")]
struct Nothing;

impl Function for Nothing {
    type Return = u8;

    fn call(self) -> Result<u8, FunctionError> {
        Ok(7)
    }
}

#[test]
fn a_function_may_take_nothing() {
    let nothing = ServedFunction::of::<Nothing>();
    assert_eq!(nothing.call(&[], |_| Ok(())), Ok(number(7)));
    let error = nothing.call(&[number(1)], |_| Ok(())).unwrap_err();
    assert_eq!(error.text(), "nothing takes 0 arguments and no more");
    assert!(Nothing::decode(&mut Arguments::new(&[])).is_ok());
}

#[test]
fn each_rule_that_core_has_is_named() {
    let parameter = |name| Parameter::of::<String>(name, "A word.");
    let any = |name| Parameter { of: Type::Set(Box::new(Type::Dynamic)), ..parameter(name) };
    let rest = |name| Parameter { variadic: true, ..parameter(name) };
    let broken = |name, parameters, returns| {
        let signature = Signature { name, parameters, returns, ..Signature::of::<Nothing>() };
        check(&signature).map_or_else(|error| error.to_string(), |()| "nothing".to_owned())
    };
    let sets = <Set<String> as crate::AttributeValue>::kind().value_type();
    assert_eq!(broken("good_2", vec![parameter("a"), rest("b")], sets), "nothing");
    for (name, parameters, returns, rule) in [
        ("to-text", vec![], Type::Bool, "to-text: name may contain only"),
        ("2x", vec![], Type::Bool, "2x: name may contain only"),
        ("", vec![], Type::Bool, ": name may contain only"),
        ("f", vec![parameter("A")], Type::Bool, "A: name may contain only"),
        ("f", vec![parameter("a"), rest("a")], Type::Bool, "a: name of two parameters"),
        ("f", vec![rest("a"), parameter("b")], Type::Bool, "a: only the last parameter may be variadic"),
        ("f", vec![any("a")], Type::Bool, "a: a set may not contain values of any type"),
        ("f", vec![], Type::Set(Box::new(Type::Dynamic)), "result: a set may not contain values of any type"),
    ] {
        let said = broken(name, parameters, returns);
        assert!(said.starts_with(rule), "{said}");
    }
}
