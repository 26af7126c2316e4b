//! Generates servers and clients of the gateway's own services: Consents, Subjects, Policies.
//!
//! Their messages are `qaqpa-proto`'s, which must not reach tonic; here only the services are made. Exchange services
//! are not: they are served from the descriptors by one generic path. No client dials: that is `dial.rs`'s alone.

/// Files whose services are generated.
const SERVICES: [&str; 3] =
    ["qaqpa/consent/v1/consents.proto", "qaqpa/subject/v1/subjects.proto", "qaqpa/policy/v1/policies.proto"];
/// Where their messages are.
const MESSAGES: [(&str, &str); 4] = [
    (".qaqpa.v1", "::qaqpa_proto::v1"),
    (".qaqpa.consent.v1", "::qaqpa_proto::consent::v1"),
    (".qaqpa.subject.v1", "::qaqpa_proto::subject::v1"),
    (".qaqpa.policy.v1", "::qaqpa_proto::policy::v1"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=../proto/qaqpa");
    let mut compiler = protox::Compiler::new(["../proto"])?;
    compiler.include_source_info(true).include_imports(true).open_files(SERVICES)?;
    let builder = tonic_prost_build::configure().build_transport(false).emit_rerun_if_changed(false);
    let builder = MESSAGES.iter().fold(builder, |builder, (package, module)| builder.extern_path(*package, *module));
    Ok(builder.compile_fds(compiler.file_descriptor_set())?)
}
