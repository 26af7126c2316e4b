//! The WSDL of the channel and its schemas, as any SOAP stack fetches them: `?wsdl` and `?xsd=NAME`.
//!
//! They are the files of `schemas/`, with their mutual locations and the address of the service made absolute.

use crate::Replies;

/// The document that a query asks for; `url` is that of the service as the client sees it. A system that is played from files
/// has its schemas there; nothing takes the place of the channel's own.
pub(crate) fn document(query: &str, url: &str, replies: &Replies) -> Option<String> {
    if query.eq_ignore_ascii_case("wsdl") {
        return Some(located(WSDL, url));
    }
    let own = SCHEMAS.iter().find(|(known, _)| query.strip_prefix("xsd=") == Some(known)).map(|(_, text)| *text);
    own.or_else(|| replies.schema(query)).map(|text| located(text, url))
}

fn located(text: &str, url: &str) -> String {
    let text = text.replace(PLACEHOLDER, url).replace("schemaLocation=\"../xsd/", "schemaLocation=\"");
    text.replace("schemaLocation=\"", &format!("schemaLocation=\"{url}?xsd="))
}

const WSDL: &str = include_str!("../../../schemas/wsdl/SyncChannel.wsdl");
/// The address that the file has.
const PLACEHOLDER: &str = "http://127.0.0.1:8088/bip-sync-wss-gost/";

const SCHEMAS: [(&str, &str); 11] = [
    ("shep-sync-v10.xsd", include_str!("../../../schemas/xsd/shep-sync-v10.xsd")),
    ("shep-sync-v10-request.xsd", include_str!("../../../schemas/xsd/shep-sync-v10-request.xsd")),
    ("shep-sync-v10-response.xsd", include_str!("../../../schemas/xsd/shep-sync-v10-response.xsd")),
    ("shep-common-v10.xsd", include_str!("../../../schemas/xsd/shep-common-v10.xsd")),
    ("aisas-RECONSTRUCTED.xsd", include_str!("../../../schemas/xsd/aisas-RECONSTRUCTED.xsd")),
    ("gbdfl-data-request.xsd", include_str!("../../../schemas/xsd/gbdfl-data-request.xsd")),
    ("gbdfl-data-response.xsd", include_str!("../../../schemas/xsd/gbdfl-data-response.xsd")),
    ("gbdfl-message.xsd", include_str!("../../../schemas/xsd/gbdfl-message.xsd")),
    ("gbdfl-person.xsd", include_str!("../../../schemas/xsd/gbdfl-person.xsd")),
    ("gbdfl-document.xsd", include_str!("../../../schemas/xsd/gbdfl-document.xsd")),
    ("gbdfl-dictionaries.xsd", include_str!("../../../schemas/xsd/gbdfl-dictionaries.xsd")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_is_named_is_served() {
        let none = Replies::default();
        let mut asked = vec!["wsdl".to_owned()];
        let mut at = 0;
        while let Some(query) = asked.get(at).cloned() {
            let text = document(&query, "https://h:1/x/", &none).unwrap_or_else(|| panic!("{query}"));
            for part in text.split("schemaLocation=\"").skip(1) {
                let next = part.split('"').next().unwrap().strip_prefix("https://h:1/x/?").unwrap().to_owned();
                if !asked.contains(&next) {
                    asked.push(next);
                }
            }
            at += 1;
        }
        assert_eq!(asked.len(), 5, "{asked:?}");
        assert!(document("WSDL", "u", &none).unwrap().contains("location=\"u\""));
        assert_eq!(document("xsd=../../Cargo.toml", "u", &none), None);
    }
}
