//! Functions. What fails has no place for a message but the function's own error.

use super::{Answer, Shared};
use crate::diagnostics::Diagnostics;
use crate::function::{Argument, FunctionError};
use crate::provider::Provider;
use crate::wire::tfplugin6::{self as pb, call_function, get_functions};
use crate::wire::{self, from_dynamic, printable, to_dynamic};
use std::collections::HashMap;

impl<P: Provider> Shared<P> {
    pub(super) fn function_signatures(&self) -> HashMap<String, pb::Function> {
        let signatures = self.served.registry.functions();
        signatures.map(|one| (one.name.to_owned(), wire::function(one))).collect()
    }

    /// Terraform reads the functions in the provider's schema. OpenTofu asks a configured provider for those
    /// that it does not find there.
    pub(super) async fn get_functions(
        &self,
        _: get_functions::Request,
    ) -> Result<get_functions::Response, Diagnostics> {
        Ok(get_functions::Response { functions: self.function_signatures(), diagnostics: Vec::new() })
    }

    pub(super) async fn call_function(
        &self,
        request: call_function::Request,
    ) -> Result<call_function::Response, Diagnostics> {
        Ok(match self.called(&request) {
            Ok(result) => call_function::Response { result: Some(result), error: None },
            Err(error) => call_function::Response { result: None, error: Some(function_error(&error)) },
        })
    }

    fn called(&self, request: &call_function::Request) -> Result<pb::DynamicValue, FunctionError> {
        let name = request.name.as_str();
        tracing::Span::current().record("tf_function", name);
        let Some(function) = self.served.registry.functions.get(name) else {
            let text = format!("this version of the provider has no function {name:?}");
            return Err(FunctionError::new(text));
        };
        let mut arguments = Vec::with_capacity(request.arguments.len());
        for (at, argument) in request.arguments.iter().enumerate() {
            // Where there are too many, the call itself says so.
            let Some(parameter) = function.signature.parameter(at) else { break };
            let value = from_dynamic(Some(argument), &parameter.of)
                .map_err(|error| FunctionError::value(Argument::new(at, parameter.name), &error))?;
            arguments.push(value);
        }
        if arguments.len() < request.arguments.len() {
            let (most, given) = (arguments.len(), request.arguments.len());
            return Err(FunctionError::new(format!("{name} takes {most} arguments, this call has {given}")));
        }
        let result = function.call(&arguments, P::validate_string)?;
        to_dynamic(&result, &function.signature.returns).map_err(|error| {
            let text =
                format!("its result does not fit its own type: {error}. This is a bug of the provider");
            FunctionError::new(text)
        })
    }
}

fn function_error(error: &FunctionError) -> pb::FunctionError {
    let position = error.argument().map(|argument| argument.position());
    pb::FunctionError {
        text: printable(error.text()).into_owned(),
        function_argument: position.and_then(|at| i64::try_from(at).ok()),
    }
}

impl Answer for call_function::Response {
    fn report(&mut self, found: Diagnostics) {
        let text: Vec<_> = found.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect();
        self.error = Some(function_error(&FunctionError::new(text.join("; "))));
    }

    fn summaries(&self) -> Vec<(i32, &str)> {
        let error = i32::from(pb::diagnostic::Severity::Error);
        self.error.iter().map(|one| (error, one.text.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Service;
    use crate::value::{Type, Value};
    use crate::wire::tfplugin6::provider_server::Provider as _;
    use crate::{Function, Model, Parameters, Registry};
    use std::sync::Arc;
    use tonic::Request;

    /// Nothing.
    #[derive(Clone, Debug, Model)]
    struct Block {}

    struct Test;

    impl Provider for Test {
        type Config = Block;
        type Configured = ();
        const NAME: &'static str = "test";

        fn registry() -> Registry<()> {
            Registry::default().function::<Repeat>()
        }

        async fn configure(_: BlockDraft) -> Result<(), Diagnostics> {
            Ok(())
        }
    }

    /// Repeats a text.
    #[derive(Parameters)]
    #[function(name = "repeat")]
    struct Repeat {
        /// The text.
        text: Option<String>,
        /// How often.
        #[parameter(variadic)]
        times: Vec<u8>,
    }

    impl Function for Repeat {
        type Return = Option<String>;

        fn call(self) -> Result<Option<String>, FunctionError> {
            match self.times.iter().position(|times| *times == 0) {
                Some(_) if self.text.as_deref() == Some("panic") => panic!("as it was told"),
                Some(at) => Err(FunctionError::at(Self::TIMES.nth(at), "zero\u{1b}[2J is too little")),
                None => Ok(self.text.map(|text| text.repeat(self.times.into_iter().map(usize::from).sum()))),
            }
        }
    }

    fn service() -> Service<Test> {
        Service::new(Arc::new(Shared::default()))
    }

    fn text(text: &str) -> pb::DynamicValue {
        to_dynamic(&Value::String(text.to_owned()), &Type::String).unwrap()
    }

    fn number(number: i64) -> pb::DynamicValue {
        to_dynamic(&Value::Number(number.into()), &Type::Number).unwrap()
    }

    /// The result, or the error with its argument.
    async fn call(name: &str, arguments: Vec<pb::DynamicValue>) -> Result<Value, (String, Option<i64>)> {
        let request = call_function::Request { name: name.to_owned(), arguments };
        let answer = service().call_function(Request::new(request)).await.unwrap().into_inner();
        match answer.error {
            Some(error) => Err((error.text, error.function_argument)),
            None => Ok(from_dynamic(answer.result.as_ref(), &Type::String).unwrap()),
        }
    }

    #[tokio::test]
    async fn a_provider_that_is_not_configured_answers_calls() {
        let shouted = call("repeat", vec![text("ab"), number(1), number(2)]).await;
        assert_eq!(shouted, Ok(Value::String("ababab".to_owned())));
        // OpenTofu's null is an envelope without anything in it.
        for null in [pb::DynamicValue::default(), pb::DynamicValue { msgpack: vec![0xc0], json: Vec::new() }]
        {
            assert_eq!(call("repeat", vec![null, number(1)]).await, Ok(Value::Null));
        }
        let failed = async |name: &str, arguments| call(name, arguments).await.unwrap_err();
        let (said, at) = failed("repeat", vec![text("a"), number(1), number(0)]).await;
        assert_eq!((said.as_str(), at), ("zero\\u{1b}[2J is too little", Some(2)));
        let (said, at) = failed("repeat", vec![text("a"), pb::DynamicValue::default()]).await;
        assert_eq!((said.as_str(), at), ("it must not be null", Some(1)));
        let (said, at) = failed("repeat", vec![text("a"), text("many")]).await;
        assert!(said.contains("number") && at == Some(1), "{said}");
        let (said, at) = failed("repeat", Vec::new()).await;
        assert_eq!((said.as_str(), at), ("repeat takes 1 arguments, this call has 0", None));
        let (said, at) = failed("shout", Vec::new()).await;
        assert_eq!((said.as_str(), at), ("this version of the provider has no function \"shout\"", None));
        let (said, at) = failed("repeat", vec![text("panic"), number(0)]).await;
        assert!(said.contains("panicked in call_function: as it was told") && at.is_none(), "{said}");
    }

    #[tokio::test]
    async fn the_signature_is_in_the_schema_and_by_itself() {
        let service = service();
        let schema = service.get_provider_schema(Request::new(pb::get_provider_schema::Request {})).await;
        let asked = service.get_functions(Request::new(get_functions::Request {})).await;
        for mut functions in [schema.unwrap().into_inner().functions, asked.unwrap().into_inner().functions] {
            let one = functions.remove("repeat").unwrap();
            assert!(functions.is_empty());
            assert_eq!((one.summary.as_str(), one.parameters.len()), ("Repeats a text.", 1));
            assert!(one.parameters[0].allow_null_value && !one.parameters[0].allow_unknown_values);
            let rest = one.variadic_parameter.unwrap();
            assert_eq!((rest.name.as_str(), rest.r#type.as_slice()), ("times", br#""number""#.as_slice()));
            assert_eq!(one.r#return.unwrap().r#type, br#""string""#);
        }
        let metadata = service.get_metadata(Request::new(pb::get_metadata::Request {})).await.unwrap();
        let names: Vec<_> = metadata.into_inner().functions.into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["repeat"]);
    }
}
