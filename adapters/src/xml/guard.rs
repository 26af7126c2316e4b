//! Guard against hostile XML (DTDs, entities, resource exhaustion): one streaming pass before a document is parsed.
//!
//! A tree parser spends memory before it can judge, and its cost grows with the square of the attributes of an element
//! (measured: 60,000 attributes, 0.6 MB, 7 seconds). This pass is linear, keeps no more than the open elements, and refuses: DTDs,
//! processing instructions, entities and characters XML does not have, namespace declarations that parsers read differently,
//! anything deeper, wider or longer than the limits below, and documents that end too early or too late.
//!
//! ```
//! use qaqpa_adapters::xml::guard;
//!
//! let refused = guard::inspect("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>").unwrap_err();
//! assert_eq!((refused.code(), refused.offset()), ("dtd", 0));
//! ```

use quick_xml::Reader;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::escape;
use super::refused::{Fault, Refused};

/// Elements within elements, the root being 1.
pub const MAX_DEPTH: usize = 64;
/// Attributes of one element, its namespace declarations among them.
pub const MAX_ATTRIBUTES: usize = 256;
/// Namespace declarations in scope at once.
pub const MAX_NAMESPACES: usize = 64;
/// Elements, texts, comments and attributes of the whole document.
pub const MAX_PARTS: usize = 400_000;

/// Text that passed the guard.
#[derive(Debug, Clone, Copy)]
pub struct Inspected<'t>(&'t str);

impl<'t> Inspected<'t> {
    /// The text as it was inspected.
    #[must_use]
    pub fn text(self) -> &'t str {
        self.0
    }
}

/// Reads `text` once from start to end.
///
/// # Errors
/// [`Refused`] at the first fault.
pub fn inspect(text: &str) -> Result<Inspected<'_>, Refused> {
    characters(text)?;
    let mut reader = Reader::from_str(text);
    // Whether end tags match is the tree parser's to say; here it would cost a copy of every name.
    reader.config_mut().check_end_names = false;
    let mut walk = Walk::default();
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| Refused::new(fault_of(&error), offset))?;
        if matches!(event, Event::Eof) {
            return walk.end().map(|()| Inspected(text)).map_err(|fault| Refused::new(fault, offset));
        }
        walk.event(&event, offset).map_err(|fault| Refused::new(fault, offset))?;
    }
}

/// Checks on the whole text before it is read as XML. The tree parser reserves a node for every `<` and an attribute
/// for every `=`, wherever they stand, so both are counted here.
fn characters(text: &str) -> Result<(), Refused> {
    if let Some(at) = text.find('\r') {
        return Err(Refused::new(Fault::LineEnd, at));
    }
    if let Some(at) = escape::illegal(text) {
        return Err(Refused::new(Fault::IllegalCharacter, at));
    }
    let count = |wanted: u8| text.bytes().filter(|byte| *byte == wanted).count();
    // A short text cannot have that many, and most texts are short.
    if text.len() > 2 * MAX_PARTS && count(b'<').max(count(b'=')) > 2 * MAX_PARTS {
        return Err(Refused::new(Fault::Parts, 0));
    }
    Ok(())
}

fn fault_of(error: &Error) -> Fault {
    match error {
        Error::Syntax(SyntaxError::InvalidBangMarkup) => Fault::Malformed,
        Error::Syntax(_) => Fault::Truncated,
        _ => Fault::Malformed,
    }
}

/// The state between two events.
#[derive(Default)]
struct Walk {
    /// Namespace declarations of each open element.
    open: Vec<usize>,
    in_scope: usize,
    parts: usize,
    in_text: bool,
    root_seen: bool,
}

impl Walk {
    fn event(&mut self, event: &Event<'_>, offset: usize) -> Result<(), Fault> {
        let text_goes_on = matches!(event, Event::Text(_) | Event::GeneralRef(_) | Event::CData(_));
        let is_no_part = matches!(event, Event::End(_)) || (text_goes_on && self.in_text);
        if !is_no_part {
            self.part()?;
        }
        self.in_text = text_goes_on;
        match event {
            Event::Start(start) => self.start(start),
            Event::Empty(start) => {
                self.start(start)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) if self.open.is_empty() => only_space(text),
            Event::Text(_) | Event::Comment(_) => Ok(()),
            Event::CData(_) | Event::GeneralRef(_) if self.open.is_empty() => Err(Fault::OutsideRoot),
            Event::CData(_) => Ok(()),
            Event::GeneralRef(name) => reference(name),
            Event::Decl(declaration) => xml_declaration(declaration, offset),
            Event::PI(_) => Err(Fault::ProcessingInstruction),
            Event::DocType(_) => Err(Fault::Dtd),
            Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.open.is_empty() && self.root_seen {
            return Err(Fault::TwoRoots);
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Fault::Depth);
        }
        name(start.name().0)?;
        self.root_seen = true;
        let declared = self.attributes(start)?;
        self.open.push(declared);
        self.in_scope += declared;
        if self.in_scope > MAX_NAMESPACES { Err(Fault::Namespaces) } else { Ok(()) }
    }

    /// Judges every attribute; the number of namespace declarations among them.
    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<usize, Fault> {
        let (mut count, mut declared, mut default_declared) = (0, 0, false);
        let mut attributes = start.attributes();
        // Duplicates are the tree parser's to find: with at most MAX_ATTRIBUTES its way is affordable.
        for attribute in attributes.with_checks(false) {
            let attribute = attribute.map_err(|_| Fault::Malformed)?;
            self.part()?;
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(Fault::Attributes);
            }
            declared += usize::from(declares(&attribute, &mut default_declared)?);
            references(&attribute.value)?;
        }
        Ok(declared)
    }

    fn part(&mut self) -> Result<(), Fault> {
        self.parts += 1;
        if self.parts > MAX_PARTS { Err(Fault::Parts) } else { Ok(()) }
    }

    fn close(&mut self) {
        self.in_scope -= self.open.pop().unwrap_or_default();
    }

    fn end(&self) -> Result<(), Fault> {
        if self.root_seen && self.open.is_empty() { Ok(()) } else { Err(Fault::Truncated) }
    }
}

/// Whether this attribute declares a namespace. Parsers disagree about the odd forms (roxmltree takes `p:xmlns` for `xmlns` and
/// the first of two), and where parsers disagree, signatures lie.
fn declares(attribute: &Attribute<'_>, default_declared: &mut bool) -> Result<bool, Fault> {
    let key = attribute.key.0;
    name(key)?;
    if key == "xmlns" {
        return if std::mem::replace(default_declared, true) { Err(Fault::NamespaceDeclaration) } else { Ok(true) };
    }
    match key.split_once(':') {
        Some((_, "xmlns")) => Err(Fault::NamespaceDeclaration),
        // Namespaces in XML 1.0 section 6.1: only the default can be undeclared.
        Some(("xmlns", _)) if attribute.value.is_empty() => Err(Fault::NamespaceDeclaration),
        Some(("xmlns", _)) => Ok(true),
        _ => Ok(false),
    }
}

fn name(qname: &str) -> Result<(), Fault> {
    if qname.starts_with(':') { Err(Fault::Malformed) } else { Ok(()) }
}

fn only_space(text: &str) -> Result<(), Fault> {
    if text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n')) { Ok(()) } else { Err(Fault::OutsideRoot) }
}

fn xml_declaration(declaration: &BytesDecl<'_>, offset: usize) -> Result<(), Fault> {
    // The tree parser knows a declaration only by this one space and takes the rest for processing instructions.
    let is_first = offset == 0 && declaration.starts_with("xml ");
    let version = declaration.version().map_err(|_| Fault::Declaration)?;
    if is_first && version == "1.0" { Ok(()) } else { Err(Fault::Declaration) }
}

/// All `&...;` of an attribute value.
fn references(value: &str) -> Result<(), Fault> {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('&') {
        let (name, tail) = after.split_once(';').ok_or(Fault::Malformed)?;
        reference(name)?;
        rest = tail;
    }
    Ok(())
}

/// `name` is what stands between `&` and `;`.
fn reference(name: &str) -> Result<(), Fault> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" | "lt" | "gt" | "quot" | "apos" => Ok(()),
            _ => Err(Fault::UndefinedEntity),
        };
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hexadecimal| (hexadecimal, 16));
    if digits.is_empty() || !digits.bytes().all(|digit| char::from(digit).is_digit(radix)) {
        return Err(Fault::Malformed);
    }
    let character = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    if character.is_some_and(escape::is_legal) { Ok(()) } else { Err(Fault::IllegalCharacter) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Document;

    /// Wanted code, offset and document. Every refusal must also hold for the tree, which is only reached through the guard.
    #[test]
    fn hostile_documents_are_refused_by_name() {
        let table: &[(&str, usize, &str)] = &[
            ("dtd", 0, "<!DOCTYPE a><a/>"),
            ("dtd", 21, "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
            ("processing_instruction", 0, "<?php evil ?><a/>"),
            ("processing_instruction", 3, "<a><?xml-stylesheet href='x'?></a>"),
            ("processing_instruction", 4, "<a/><?end?>"),
            ("declaration", 3, "<a><?xml version='1.0'?></a>"),
            ("declaration", 1, " <?xml version='1.0'?><a/>"),
            ("declaration", 0, "<?xml version='1.1'?><a/>"),
            ("declaration", 0, "<?xml\tversion='1.0'?><a/>"),
            ("undefined_entity", 3, "<a>&nbsp;</a>"),
            ("undefined_entity", 0, "<a b='&nbsp;'/>"),
            ("illegal_character", 3, "<a>\0</a>"),
            ("illegal_character", 3, "<a>&#0;</a>"),
            ("illegal_character", 3, "<a>&#xD800;</a>"),
            ("illegal_character", 0, "<a b='&#x1;'/>"),
            ("malformed", 3, "<a>&#;</a>"),
            ("malformed", 3, "<a>&#x;</a>"),
            ("malformed", 3, "<a>&#+1;</a>"),
            ("line_end", 3, "<a>\r\n</a>"),
            ("namespace_declaration", 0, "<a xmlns='u:1' xmlns='u:2'/>"),
            ("namespace_declaration", 0, "<p:a xmlns:p='u:1' p:xmlns='u:2'/>"),
            ("namespace_declaration", 0, "<a xmlns:p=''/>"),
            ("malformed", 0, "<:a/>"),
            ("malformed", 0, "<a :b=''/>"),
            ("two_roots", 4, "<a/><b/>"),
            ("outside_root", 4, "<a/>trailing"),
            ("outside_root", 0, "leading<a/>"),
            ("outside_root", 4, "<a/>&amp;"),
            ("outside_root", 4, "<a/><![CDATA[ ]]>"),
            ("truncated", 0, ""),
            ("truncated", 8, "<a><b/> "),
            ("truncated", 3, "<a><b"),
            ("truncated", 3, "<a><!-- "),
            ("truncated", 3, "<a><![CDATA[ "),
            ("malformed", 6, "<a><b></a></b>"),
            ("malformed", 0, "<a b=c/>"),
            ("malformed", 9, "<a b='1' b='2'/>"),
            ("malformed", 6, "<a b='<'/>"),
            ("malformed", 1, "<p:a/>"),
            ("malformed", 5, "<a>a & b</a>"),
        ];
        for (code, offset, text) in table {
            let refused = Document::parse(text).expect_err(text);
            assert_eq!((refused.code(), refused.offset()), (*code, *offset), "{text:?}");
        }
    }

    #[test]
    fn limits_hold_exactly() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        let wide = |count: usize| format!("<a{}/>", (0..count).map(|n| format!(" b{n}=''")).collect::<String>());
        let bound =
            |count: usize| format!("<a{}/>", (0..count).map(|n| format!(" xmlns:b{n}='u'")).collect::<String>());
        let long = |parts: usize| format!("<a>{}</a>", "<b/>".repeat(parts - 1));
        for (code, within, beyond) in [
            ("depth", nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
            ("attributes", wide(MAX_ATTRIBUTES), wide(MAX_ATTRIBUTES + 1)),
            ("namespaces", bound(MAX_NAMESPACES), bound(MAX_NAMESPACES + 1)),
            ("parts", long(MAX_PARTS), long(MAX_PARTS + 1)),
            (
                "parts",
                format!("<a>{}</a>", "=".repeat(2 * MAX_PARTS)),
                format!("<a>{}</a>", "=".repeat(2 * MAX_PARTS + 1)),
            ),
        ] {
            assert!(Document::parse(&within).is_ok(), "{code}");
            assert_eq!(Document::parse(&beyond).map(|_| ()).map_err(Refused::code), Err(code));
        }
    }

    #[test]
    fn sixty_thousand_attributes_are_not_paid_for() {
        let hostile = format!("<a{}/>", (0..60_000).map(|n| format!(" b{n}=''")).collect::<String>());
        assert_eq!(inspect(&hostile).map(|_| ()).map_err(Refused::code), Err("attributes"));
    }

    #[test]
    fn what_real_systems_send_passes() {
        for text in [
            "<a/>",
            "\n<!-- head --><a>b<!-- c -->d<![CDATA[<e>]]></a>\n<!-- tail -->\n",
            "<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n<a b='&lt;&#10;&#x49E;'>&amp;&quot;&apos;&#1178;</a>",
            "<soap:Envelope xmlns:SOAP-ENV='u:s' xmlns:soap='u:s'><SOAP-ENV:Body/></soap:Envelope>",
        ] {
            assert!(Document::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refusals_repeat_nothing_of_the_document() {
        let said = Document::parse("<secret>&991231500006;</secret>").unwrap_err();
        assert_eq!(said.to_string(), "the document is refused at octet 8: it refers to an entity that nobody declared");
        assert!(!format!("{said:?}").contains("991231500006"));
    }
}
