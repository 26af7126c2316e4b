//! Errors of contracts, by the full name of what is wrong.

/// Why a descriptor set is no contract. The author of the .proto is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// The bytes are no `FileDescriptorSet`.
    #[error("not a protobuf descriptor set: {0}")]
    Descriptor(String),
    /// A file that cannot be read or compiled.
    #[error("{0}")]
    Source(String),
    /// The annotations of `qaqpa/v1/options.proto` are not in the set; a tool has dropped the custom options.
    #[error(
        "the descriptor set does not hold the extension `{0}`: was it written by a tool that drops custom options?"
    )]
    NoAnnotations(&'static str),
    /// A field carries no category.
    #[error("field `{0}` has no category")]
    Untagged(String),
    /// A type that cannot be minimised or written as XML.
    #[error("field `{field}` has type {kind}, which a contract may not use")]
    Type {
        /// Full name.
        field: String,
        /// Type as in the .proto.
        kind: String,
    },
    /// An annotation is missing or contradicts another.
    #[error("`{name}`: {problem}")]
    Annotation {
        /// Full name of what carries it.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// Everything that is wrong with a set of contracts, in the order of its files; in text, a line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct NoContract(pub Vec<ContractError>);

impl NoContract {
    /// Each problem once: a message that is reached by two ways, or a file that two others import, is wrong once.
    pub(crate) fn of(problems: Vec<ContractError>) -> Self {
        let mut once: Vec<ContractError> = Vec::with_capacity(problems.len());
        for problem in problems {
            if !once.contains(&problem) {
                once.push(problem);
            }
        }
        Self(once)
    }
}

/// What is wrong with the annotations of a service, an RPC or a field.
pub(crate) fn annotation(name: &str, problem: &str) -> ContractError {
    ContractError::Annotation { name: name.to_owned(), problem: problem.to_owned() }
}
