//! What follows from the marks on attributes.

use super::*;
use crate::model::Computed;
use crate::schema::{Block, check};
use crate::value::json::decode_untyped;
use crate::{Identity, Model};
use std::collections::BTreeMap;

/// A page of a book.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_page", identity_version = 2, upgrade_identity = numbered)]
struct Page {
    /// Shelf.
    #[attribute(optional, identity(mutable))]
    shelf: Option<String>,
    /// Book.
    #[attribute(required, requires_replace, identity)]
    book: String,
    /// Edition.
    #[attribute(default = "first".to_owned(), requires_replace, identity)]
    edition: String,
    /// Number.
    #[attribute(required, requires_replace, identity)]
    number: u16,
    /// Printed by.
    #[attribute(computed, use_state_for_unknown)]
    printer: Computed<String>,
}

/// Up to version 1 pages had a title.
fn numbered(_: i64, identity: &mut BTreeMap<String, Value>) -> Result<(), String> {
    let title = identity.remove("title").ok_or("it has no `title`")?;
    let number = title.as_str().and_then(|title| title.parse().ok()).ok_or("its `title` is no number")?;
    identity.insert("number".to_owned(), Value::Number(number));
    Ok(())
}

fn value(json: &str) -> Value {
    decode_untyped(json.as_bytes()).unwrap()
}

#[test]
fn an_import_id_is_the_parts_without_those_that_need_not_be_given() {
    let schema = Page::schema();
    assert!(check(schema, Block::Type).is_ok());
    assert_eq!(
        Identity::id_forms(schema),
        "<shelf>/<book>/<edition>/<number>, or <shelf>/<book>/<number>, or <book>/<number>"
    );
    let parts = |id: &str| Identity::of_id(schema, id).map(|one| Value::Object(one.attributes().clone()));
    assert_eq!(parts("a/b/c/4"), Some(value(r#"{"shelf":"a","book":"b","edition":"c","number":4}"#)));
    assert_eq!(parts("a/b/4"), Some(value(r#"{"shelf":"a","book":"b","number":4}"#)));
    assert_eq!(parts("b/4"), Some(value(r#"{"book":"b","number":4}"#)));
    for bad in ["4", "a/b/c/4/5", "b/four", ""] {
        assert_eq!(parts(bad), None, "{bad}");
    }
}

fn resolved(wanted: &Wanted) -> Result<Value, String> {
    let schema = Page::schema();
    let named = match wanted {
        Wanted::Id(id) => Identity::of_id(schema, id).unwrap(),
        Wanted::Identity(Value::Object(parts)) => Identity::new(parts.clone()),
        Wanted::Identity(_) => Identity::default(),
    };
    let rule = |text: &str| if text == "odd" { Err("it is odd".to_owned()) } else { Ok(()) };
    resolve::<Page>(schema, wanted, named, "<book>", rule)
        .map(|one| Value::Object(one.attributes().clone()))
        .map_err(|found| found.iter().map(|one| one.detail.clone()).collect())
}

#[test]
fn an_id_and_an_identity_name_the_same_object() {
    let by_identity = |json: &str| resolved(&Wanted::Identity(value(json)));
    let whole = value(r#"{"shelf":null,"book":"b","edition":"first","number":4}"#);
    assert_eq!(resolved(&Wanted::Id("b/4".to_owned())), Ok(whole.clone()));
    assert_eq!(by_identity(r#"{"book":"b","number":4}"#), Ok(whole.clone()));
    assert_eq!(by_identity(r#"{"book":"b","number":4,"edition":"first"}"#), Ok(whole));
    let told = by_identity(r#"{"book":"b"}"#).unwrap_err();
    assert_eq!(told, r#"The identity {"book":"b"} cannot be: it gives no `number`."#);
    let told = resolved(&Wanted::Id("odd/4".to_owned())).unwrap_err();
    assert_eq!(told, "The import id \"odd/4\" cannot be: as `book`, it is odd. It should be <book>.");
    let told = by_identity(r#"{"book":"b","number":70000}"#).unwrap_err();
    assert!(told.contains("as `number`, 70000 is not a whole number"), "{told}");
}

#[test]
fn an_identity_has_one_spelling() {
    /// A host.
    #[derive(Clone, Debug, Model)]
    struct Host {
        /// Address.
        #[attribute(required, requires_replace, identity)]
        address: crate::types::Semantic<std::net::IpAddr>,
    }
    let identity = |json: &str| of(Host::schema(), &value(json));
    assert_eq!(identity(r#"{"address":"2001:DB8::0:1"}"#), identity(r#"{"address":"2001:db8::1"}"#));
    let unknown = Value::Object([("address".to_owned(), Value::unknown())].into());
    assert_eq!(of(Host::schema(), &unknown), unknown);
    let host = Host::decode(&value(r#"{"address":"::1"}"#)).unwrap();
    assert_eq!(host.address.as_str(), "::1");
}

#[test]
fn another_object_than_was_asked_for_is_a_bug() {
    let schema = Page::schema();
    let asked = Identity::new([("book".to_owned(), Value::String("b".to_owned()))]);
    let told = |json: &str| match check_imported::<Page>(schema, &asked, &value(json)) {
        Ok(()) => String::new(),
        Err(found) => found.iter().map(|one| one.detail.clone()).collect(),
    };
    assert_eq!(told(r#"{"book":"b","number":4}"#), "");
    let told = told(r#"{"book":"c","number":4}"#);
    assert!(
        told.contains(r#"the test_page whose `book` is "b", and imported one whose `book` is "c""#),
        "{told}"
    );
}

#[test]
fn only_what_is_mutable_changes_and_only_with_the_configuration() {
    let told = |before: &str, after: &str, changing| {
        let (before, after) = (value(before), value(after));
        check_unchanged(Page::TYPE_NAME, Page::schema(), &before, &after, changing, "at once")
            .err()
            .map(|one| (one.attribute.unwrap().to_string(), one.detail))
    };
    let page = r#"{"shelf":"a","book":"b","edition":"first","number":4}"#;
    let moved = r#"{"shelf":"z","book":"b","edition":"first","number":4}"#;
    let other = r#"{"shelf":"a","book":"c","edition":"first","number":4}"#;
    for changing in [Changing::Nothing, Changing::Mutable] {
        assert_eq!(told(page, page, changing), None);
        assert_eq!(told("null", page, changing), None);
        let (at, detail) = told(page, other, changing).unwrap();
        assert_eq!(at, "book");
        let expected =
            r#"The identity of this test_page changed at once: its `book` was "b", and is "c" now."#;
        assert!(detail.starts_with(expected), "{detail}");
    }
    assert_eq!(told(page, moved, Changing::Mutable), None);
    assert_eq!(told(page, moved, Changing::Nothing).unwrap().0, "shelf");
    // What a plan does not know may become anything.
    let mut planned = value(page);
    *planned.at_mut(&"book".into()).unwrap() = Value::unknown();
    let fault = check_unchanged(
        Page::TYPE_NAME,
        Page::schema(),
        &planned,
        &value(other),
        Changing::Nothing,
        "at once",
    );
    assert_eq!(fault, Ok(()));
}

#[test]
fn an_earlier_identity_becomes_todays_or_is_refused() {
    let upgraded = |version, json: &str| {
        upgrade::<Page>(Page::schema(), version, json.as_bytes())
            .map_err(|found| found.iter().map(|one| one.detail.clone()).collect::<String>())
    };
    let today = upgraded(2, r#"{"shelf":"a","book":"b","edition":"first","number":4}"#).unwrap();
    assert_eq!(upgraded(1, r#"{"shelf":"a","book":"b","edition":"first","title":"4"}"#), Ok(today));
    for (version, json, expected) in [
        (3, "{}", "version 3 of its schema; this version of the provider reads versions up to 2"),
        (1, "{}", "stored with version 1 of its schema: it has no `title`"),
        (1, "[]", "it is not an object"),
        (2, r#"{"colour":"red"}"#, "the attribute \"colour\" is not known"),
    ] {
        let told = upgraded(version, json).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_schema_whose_identity_core_would_refuse_names_its_rule() {
    let attribute = |name: &str| {
        let attribute = Page::schema().attribute(name).unwrap();
        Attribute { identity: Some(IdentityPart::Fixed), ..attribute.clone() }
    };
    let told = |attribute: Attribute| {
        check(&Schema::new(0, "", vec![attribute]), Block::Type)
            .map_or_else(|error| error.to_string(), |()| String::new())
    };
    assert_eq!(told(attribute("book")), "");
    assert_eq!(told(attribute("printer")), "");
    let list = AttributeKind::Type(Type::List(Box::new(Type::String)));
    assert_eq!(told(Attribute { kind: list, ..attribute("book") }), "");
    let map = AttributeKind::Type(Type::Map(Box::new(Type::String)));
    let told_of = told(Attribute { kind: map, ..attribute("book") });
    assert_eq!(told_of, "book: an identity consists of texts, numbers, bools and lists of them");
    assert_eq!(
        told(Attribute { sensitive: true, ..attribute("book") }),
        "book: an identity is shown and stored"
    );
    let told_of = told(Attribute { requires_replace: false, ..attribute("book") });
    assert_eq!(told_of, "book: a change of a fixed identity needs a new object");
    let members = AttributeKind::Nested(crate::schema::Nesting::Single, vec![attribute("book")]);
    let outer = Attribute { kind: members, identity: None, ..attribute("edition") };
    assert_eq!(told(outer), "edition.book: only attributes of the object itself can be its identity");
}
