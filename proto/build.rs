//! Compiles the protocol's definitions, without a `protoc` to install.

use std::error::Error;

const PROTOS: [&str; 3] = ["tfplugin6.proto", "goplugin.proto", "health.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for proto in PROTOS {
        println!("cargo::rerun-if-changed={proto}");
    }
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        // What is not announced need not be written out: it answers "unimplemented".
        .generate_default_stubs(true)
        // Messages carry credentials, so none of them can be printed.
        .skip_debug(["."])
        // Many messages only group others by their names.
        .message_attribute(".", "#[allow(dead_code)]")
        .compile_fds(protox::compile(PROTOS, ["."])?)?;
    Ok(())
}
