//! What rustc prints for each misuse of the derive.

#[test]
fn misuse_does_not_compile_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/misuse/*.rs");
}
