//! Panics in the form in which core recognises them.

use crate::wire::printable;
use std::any::Any;
use std::backtrace::Backtrace;
use std::io::Write;

/// Has every panic written to standard error, beginning with the word that makes core collect what follows.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let text = format!(
            "panic: {}{place}\n\n{}\n",
            printable(panic_message(panic.payload())),
            Backtrace::force_capture()
        );
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }));
}

/// What a panic was called with.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
