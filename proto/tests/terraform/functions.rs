//! Functions in expressions.

use crate::workspace::{Workspace, unwrapped};

/// An output with the result of a call.
fn output(arguments: &str) -> String {
    format!("output \"size\" {{\n  value = provider::sample::size_of({arguments})\n}}\n")
}

#[tokio::test]
async fn a_function_answers_in_an_output() {
    let terraform = Workspace::new();
    for (arguments, size) in [
        (r#"null, "a""#, 10),
        (r#"5, "a", "12345""#, 10),
        (r#""5", "a", "123", "45", 6"#, 11),
        // A list is expanded into arguments.
        (r#"0, "a", ["1", "22"]..."#, 3),
    ] {
        let shown = terraform.write(&output(arguments)).apply().await.succeeded();
        assert!(shown.contains(&format!("size = {size}\n")), "{arguments}: {shown}");
        terraform.plans_nothing().await;
    }
}

#[tokio::test]
async fn an_error_is_at_its_argument() {
    let terraform = Workspace::new();
    for (arguments, said) in [
        (r#"1, "a", "b", """#, "Invalid value for \"texts\" parameter: a text must not be empty."),
        (r#"70000, "a""#, "Invalid value for \"spare\" parameter: 70000 is not a whole number from 0 to"),
        (r#"1, null"#, "Invalid value for \"purpose\" parameter: argument must not be null."),
        (r#"1, "nothing""#, "Call to function \"provider::sample::size_of\" failed: nothing needs a size."),
        (r#"1"#, "Missing value for \"purpose\"."),
    ] {
        let shown = terraform.write(&output(arguments)).run(&["validate"]).await.failed();
        assert!(unwrapped(&shown).contains(said), "{arguments}: {shown}");
        assert!(shown.contains("on main.tf line 11"), "{arguments}: {shown}");
    }
}

#[tokio::test]
async fn what_is_unknown_is_answered_at_apply() {
    let terraform = Workspace::new();
    let later = "resource \"terraform_data\" \"later\" {\n  input = \"word\"\n}\n";
    let word = "terraform_data.later.output";
    for arguments in [format!("0, {word}, \"a\""), format!("0, \"a\", {word}")] {
        let body = format!("{later}{}", output(&arguments));
        let plan = terraform.write(&body).run(&["plan"]).await.succeeded();
        assert!(plan.contains("size = (known after apply)"), "{plan}");
    }
    // One that may be unknown does not keep the function from its other arguments.
    let body = format!("{later}{}", output(&format!("0, {word}, \"\"")));
    let plan = terraform.write(&body).run(&["plan"]).await.failed();
    assert!(plan.contains("a text must not be empty"), "{plan}");
    let body = format!("{later}{}", output(&format!("0, {word}, {word}")));
    let shown = terraform.write(&body).apply().await.succeeded();
    assert!(shown.contains("size = 4\n"), "{shown}");
    terraform.plans_nothing().await;
}
