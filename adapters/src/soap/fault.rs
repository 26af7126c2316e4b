//! SOAP faults: the first of SHEP's three status layers.
//!
//! Both spellings are read, 1.1 (`faultcode`) and 1.2 (`Code/Value`). What stands in `detail` is the channel's to understand.

use roxmltree::Node;

use super::{SOAP_1_1, SOAP_1_2};
use crate::xml::document;

/// A fault as it stands in a Body. Its text was written by the other side and may name a person: not for logs.
#[derive(Clone)]
pub struct Fault<'a, 'input> {
    /// Code without its prefix: `Server`, `Client`, `Receiver`.
    pub code: String,
    /// Text for people.
    pub text: String,
    /// `detail` itself.
    pub detail: Option<Node<'a, 'input>>,
}

impl<'a, 'input> Fault<'a, 'input> {
    /// Reads the message of a Body as a fault, if it is one.
    #[must_use]
    pub fn of(content: Node<'a, 'input>) -> Option<Self> {
        let (code, text, detail) = if content.has_tag_name((SOAP_1_1, "Fault")) {
            (below(content, &["faultcode"]), below(content, &["faultstring"]), "detail")
        } else if content.has_tag_name((SOAP_1_2, "Fault")) {
            (below(content, &["Code", "Value"]), below(content, &["Reason", "Text"]), "Detail")
        } else {
            return None;
        };
        let code = code.rsplit(':').next().unwrap_or_default().to_owned();
        Some(Self { code, text, detail: document::child(content, detail) })
    }
}

/// Prints the code alone.
impl std::fmt::Debug for Fault<'_, '_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Fault").field("code", &self.code).finish_non_exhaustive()
    }
}

fn below(node: Node<'_, '_>, path: &[&str]) -> String {
    let found = path.iter().try_fold(node, |here, name| document::child(here, name));
    found.map(|node| document::text(node).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        for (wanted, source) in [
            (
                Some(("Server", "no", true)),
                format!(
                    "<s:Fault xmlns:s='{SOAP_1_1}'><faultcode>s:Server</faultcode><faultstring> no </faultstring><detail/></s:Fault>"
                ),
            ),
            (
                Some(("Receiver", "no", false)),
                format!(
                    "<s:Fault xmlns:s='{SOAP_1_2}'><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>"
                ),
            ),
            (Some(("", "", false)), format!("<Fault xmlns='{SOAP_1_1}'/>")),
            (None, "<Fault/>".to_owned()),
        ] {
            let document = roxmltree::Document::parse(&source).unwrap();
            let fault = Fault::of(document.root_element());
            let found = fault.as_ref().map(|fault| (fault.code.as_str(), fault.text.as_str(), fault.detail.is_some()));
            assert_eq!(found, wanted, "{source}");
        }
    }
}
