//! Functions of the sample, with every kind of parameter.

use tfplugin::{Function, FunctionError, Knowable, Parameters};

/// The size that a file with some texts needs.
#[derive(Parameters)]
#[function(name = "size_of")]
pub(crate) struct SizeOf {
    /// Bytes beside the texts. Null: 10.
    spare: Option<u16>,

    /// What the size is for; known only at apply where this is.
    purpose: Knowable<String>,

    /// The texts. None of them may be empty.
    #[parameter(variadic)]
    texts: Vec<String>,
}

impl Function for SizeOf {
    type Return = Knowable<i64>;

    fn call(self) -> Result<Knowable<i64>, FunctionError> {
        if let Some(empty) = self.texts.iter().position(String::is_empty) {
            return Err(FunctionError::at(Self::TEXTS.nth(empty), "a text must not be empty"));
        }
        match self.purpose {
            Knowable::Unknown => Ok(Knowable::Unknown),
            Knowable::Known(purpose) if purpose == "nothing" => {
                Err(FunctionError::new("nothing needs a size"))
            }
            Knowable::Known(_) => {
                let bytes = self.texts.iter().map(String::len).sum::<usize>();
                Ok(Knowable::Known(i64::from(self.spare.unwrap_or(10)) + bytes as i64))
            }
        }
    }
}
