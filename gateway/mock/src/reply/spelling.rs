//! Valid replies in other spellings: what real systems send (kz-protocols 1.7, 1.9) and a lenient reader has to read.
//!
//! The text is bent before it is signed, so the signature is right. Texts in it are escaped, so a tag that is searched for is
//! a tag. A reply without a document stays without.

use jiff::Timestamp;

use crate::Behaviour;

/// Stands in elements that no contract knows (`drift`): search for it where withheld data must not get to.
pub const CANARY: &str = "QAQPA-CANARY";

/// The content of the Body as this behaviour spells it.
pub(super) fn of(behaviour: &Behaviour, content: String) -> String {
    match behaviour {
        Behaviour::Drift => drifted(&content),
        Behaviour::Cdata if content.contains("<data>") => content
            .replace("<data>", &format!("<data{XS_STRING}><![CDATA[{DECLARATION}"))
            .replace("</data>", "]]></data>"),
        Behaviour::OtherPrefixes => renamed(&renamed(&content, "typ", "ns3"), "a", "ns7"),
        Behaviour::DefaultNamespace => content
            .replace("<typ:SendMessageResponse xmlns:typ=", "<SendMessageResponse xmlns=")
            .replace("<response>", "<response xmlns=\"\">")
            .replace("</typ:SendMessageResponse>", "</SendMessageResponse>"),
        Behaviour::DataInXsiNamespace => in_xsi_namespace(&content),
        Behaviour::UnbracedSession => {
            content.replace("<sessionId>{", "<sessionId>").replace("}</sessionId>", "</sessionId>")
        }
        Behaviour::DateSpellings => dates_respelt(&content),
        _ => content,
    }
}

/// Whether the spelling is no canonical text any more, so that signing has to parse it.
pub(super) fn is_free(behaviour: &Behaviour) -> bool {
    matches!(
        behaviour,
        Behaviour::Drift
            | Behaviour::Cdata
            | Behaviour::OtherPrefixes
            | Behaviour::DefaultNamespace
            | Behaviour::DataInXsiNamespace
            | Behaviour::UnbracedSession
            | Behaviour::DateSpellings
    )
}

/// Strangers at the end of the document and inside its head.
fn drifted(content: &str) -> String {
    let strangers = format!(
        "<surname>{CANARY}</surname><nationality><code>005</code><nameRu>{CANARY}</nameRu></nationality>\
         <examCentre room=\"{CANARY}\"><seat>{CANARY}</seat></examCentre>"
    );
    let Some((before, after)) = content.rsplit_once("</a:") else {
        let in_person = format!("<creditRating>{CANARY}</creditRating></person>");
        return content.replace("</person>", &in_person).replace("</data>", &format!("{strangers}</data>"));
    };
    format!("{before}{strangers}</a:{after}").replacen(
        "</result>",
        &format!("</result><operator>{CANARY}</operator>"),
        1,
    )
}

pub(super) fn renamed(text: &str, from: &str, to: &str) -> String {
    [("<", ":"), ("</", ":"), ("xmlns:", "=")].iter().fold(text.to_owned(), |text, (before, after)| {
        text.replace(&format!("{before}{from}{after}"), &format!("{before}{to}{after}"))
    })
}

/// As in `tests/samples/sync-response-weird-real-shape.xml`.
fn in_xsi_namespace(content: &str) -> String {
    content.replace(
        &format!("<data{XS_STRING}>"),
        "<data xmlns=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" type=\"xsd:string\">",
    )
}

/// The first responseDate as Java writes it, the second in UTC; days with a zone.
fn dates_respelt(content: &str) -> String {
    let zoned = |text: String, element: &str| {
        let open = format!("<{element}>");
        match text.split_once(&open).and_then(|(before, after)| Some((before, after.split_at_checked(DAY)?))) {
            Some((before, (day, after))) => format!("{before}{open}{day}+06:00{after}"),
            None => text,
        }
    };
    let text = content.replacen("+05:00</responseDate>", "+0500</responseDate>", 1);
    let text = match text.rsplit_once("<responseDate>").and_then(|(before, after)| {
        let (date, after) = after.split_once("</responseDate>")?;
        let date: Timestamp = date.parse().ok()?;
        Some(format!("{before}<responseDate>{date:.3}</responseDate>{after}"))
    }) {
        Some(respelt) if text.matches("<responseDate>").count() > 1 => respelt,
        _ => text,
    };
    ["registrationDate", "issueDate", "birthDate"].into_iter().fold(text, zoned)
}

/// Length of `2026-03-02`.
const DAY: usize = 10;
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
/// As the writer of the escaped shape types its `data`.
const XS_STRING: &str = " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"xs:string\"";

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &str = "<typ:SendMessageResponse xmlns:typ=\"t\"><response><responseInfo><responseDate>2026-03-02T10:15:31.004+05:00</responseDate>\
        <sessionId>{1}</sessionId></responseInfo><responseData><data><a:r xmlns:a=\"n\"><head><responseDate>2026-03-02T10:15:31.004+05:00</responseDate>\
        <result></result></head><issueDate>2026-05-15</issueDate></a:r></data></responseData></response></typ:SendMessageResponse>";

    #[test]
    fn each_spelling_shows_what_it_is_named_for() {
        for (wanted, behaviour) in [
            ("<data xmlns:xs=", Behaviour::Cdata),
            ("\"><![CDATA[<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:r ", Behaviour::Cdata),
            ("</a:r>]]></data>", Behaviour::Cdata),
            ("<ns3:SendMessageResponse xmlns:ns3=\"t\"><response>", Behaviour::OtherPrefixes),
            ("<ns7:r xmlns:ns7=\"n\">", Behaviour::OtherPrefixes),
            ("<SendMessageResponse xmlns=\"t\"><response xmlns=\"\">", Behaviour::DefaultNamespace),
            ("<sessionId>1</sessionId>", Behaviour::UnbracedSession),
            ("<responseInfo><responseDate>2026-03-02T10:15:31.004+0500</responseDate>", Behaviour::DateSpellings),
            ("<head><responseDate>2026-03-02T05:15:31.004Z</responseDate>", Behaviour::DateSpellings),
            ("<issueDate>2026-05-15+06:00</issueDate>", Behaviour::DateSpellings),
            ("</issueDate><surname>QAQPA-CANARY</surname>", Behaviour::Drift),
            ("</result><operator>QAQPA-CANARY</operator></head>", Behaviour::Drift),
        ] {
            assert!(is_free(&behaviour));
            let spelt = of(&behaviour, CONTENT.to_owned());
            assert!(spelt.contains(wanted), "{behaviour}: {wanted} in {spelt}");
        }
        assert_eq!(of(&Behaviour::Normal, CONTENT.to_owned()), CONTENT);
    }
}
