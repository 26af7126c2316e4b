//! Canonicalisation: Exclusive XML Canonicalization 1.0 and Canonical XML 1.0 of a subtree, without comments.
//!
//! It walks the tree without recursion and remembers only which prefix was last written with which URI. It refuses nothing; the
//! apex must be an element. Comments are left out by definition of the algorithm, so the readers of signed text join around them.
//!
//! ```
//! use qaqpa_adapters::xml::{Document, c14n};
//!
//! let parsed = Document::parse("<e xmlns:s='u:s' xmlns:unused='u:u'><s:b z='2' a='1'/></e>")?;
//! let mut octets = Vec::new();
//! c14n::exclusive(parsed.root_element().first_child().unwrap(), &[], &mut octets);
//! assert_eq!(octets, br#"<s:b xmlns:s="u:s" a="1" z="2"></s:b>"#);
//! # Ok::<(), qaqpa_adapters::xml::Refused>(())
//! ```

use roxmltree::{Attribute, Node, NodeType};

use super::escape;
use super::sink::Sink;

/// The algorithm identifier of [`exclusive`] (W3C REC-xml-exc-c14n-20020718).
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Exclusive canonical form of `apex` and all below it. `inclusive_prefixes` is the PrefixList of InclusiveNamespaces,
/// `#default` naming the default namespace.
pub fn exclusive<S: Sink>(apex: Node<'_, '_>, inclusive_prefixes: &[&str], sink: &mut S) {
    Canon::new(apex, Listed::Prefixes(inclusive_prefixes), sink).walk(apex);
}

/// Canonical XML 1.0 form of `apex` and all below it: every namespace in scope and the `xml:` attributes of the ancestors.
pub fn inclusive<S: Sink>(apex: Node<'_, '_>, sink: &mut S) {
    Canon::new(apex, Listed::All, sink).walk(apex);
}

/// Which namespaces are written where they are in scope, not where they are used.
#[derive(Clone, Copy)]
enum Listed<'p> {
    Prefixes(&'p [&'p str]),
    All,
}

impl Listed<'_> {
    fn is_empty(self) -> bool {
        matches!(self, Listed::Prefixes([]))
    }

    fn has(self, prefix: &str) -> bool {
        match self {
            Listed::All => true,
            Listed::Prefixes(prefixes) if prefix.is_empty() => prefixes.contains(&"#default"),
            Listed::Prefixes(prefixes) => prefixes.contains(&prefix),
        }
    }
}

/// A prefix (the default namespace has the empty one) and its URI (the empty one undeclares).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Binding<'a> {
    prefix: &'a str,
    uri: &'a str,
}

struct Canon<'a, 'input, 's, S> {
    source: &'input str,
    listed: Listed<'a>,
    /// What each prefix was last written as, on the path from the apex to here.
    rendered: Vec<Binding<'a>>,
    /// How to forget: the place in `rendered`, and the URI that stood there or nothing if the place is new.
    undo: Vec<(usize, Option<&'a str>)>,
    /// Length of `undo` at each open element.
    frames: Vec<usize>,
    fresh: Vec<Binding<'a>>,
    attributes: Vec<Attribute<'a, 'input>>,
    sink: &'s mut S,
}

impl<'a, 'input: 'a, 's, S: Sink> Canon<'a, 'input, 's, S> {
    fn new(apex: Node<'a, 'input>, listed: Listed<'a>, sink: &'s mut S) -> Self {
        let source = apex.document().input_text();
        let (rendered, undo, frames, fresh, attributes) = Default::default();
        Self { source, listed, rendered, undo, frames, fresh, attributes, sink }
    }

    fn walk(mut self, apex: Node<'a, 'input>) {
        if matches!(self.listed, Listed::All) {
            self.inherit_xml_attributes(apex);
        }
        let mut node = apex;
        loop {
            self.enter(node);
            if let Some(child) = node.first_child() {
                node = child;
                continue;
            }
            node = loop {
                self.leave(node);
                if node == apex {
                    return;
                }
                match (node.next_sibling(), node.parent()) {
                    (Some(next), _) => break next,
                    (None, Some(parent)) => node = parent,
                    (None, None) => return,
                }
            };
        }
    }

    fn enter(&mut self, node: Node<'a, 'input>) {
        match node.node_type() {
            NodeType::Element => self.start_tag(node),
            NodeType::Text => escape::text(node.text().unwrap_or_default(), self.sink),
            NodeType::PI => self.instruction(node),
            NodeType::Comment | NodeType::Root => {}
        }
    }

    fn leave(&mut self, node: Node<'a, 'input>) {
        if !node.is_element() {
            return;
        }
        self.sink.put("</");
        self.sink.put(literal_name(self.source, node.range().start + 1));
        self.sink.put(">");
        let mark = self.frames.pop().unwrap_or_default();
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some((place, Some(uri))) => {
                    if let Some(binding) = self.rendered.get_mut(place) {
                        binding.uri = uri;
                    }
                }
                _ => drop(self.rendered.pop()),
            }
        }
    }

    fn start_tag(&mut self, element: Node<'a, 'input>) {
        let name = literal_name(self.source, element.range().start + 1);
        self.frames.push(self.undo.len());
        self.sink.put("<");
        self.sink.put(name);
        self.attributes.extend(element.attributes());
        self.namespaces(element, prefix_of(name));
        self.write_attributes();
        self.sink.put(">");
    }

    /// Exclusive C14N section 3: the prefixes this element visibly uses, and the listed ones in scope.
    fn namespaces(&mut self, element: Node<'a, 'input>, prefix: &'a str) {
        self.bind(prefix, element.tag_name().namespace().unwrap_or_default());
        for place in 0..self.attributes.len() {
            let Some(attribute) = self.attributes.get(place) else { break };
            let prefix = prefix_of(literal_name(self.source, attribute.range().start));
            let uri = attribute_namespace(attribute);
            if !prefix.is_empty() && prefix != "xml" {
                self.bind(prefix, uri);
            }
        }
        if !self.listed.is_empty() {
            for namespace in element.namespaces() {
                let prefix = namespace.name().unwrap_or_default();
                if self.listed.has(prefix) {
                    self.bind(prefix, namespace.uri());
                }
            }
        }
        self.fresh.sort_unstable();
        for Binding { prefix, uri } in self.fresh.drain(..) {
            self.sink.put(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.sink.put(prefix);
            self.sink.put("=\"");
            escape::attribute(uri, self.sink);
            self.sink.put("\"");
        }
    }

    /// Notes a binding to be written here, unless it is what the prefix already stands for in the output.
    fn bind(&mut self, prefix: &'a str, uri: &'a str) {
        let known = self.rendered.iter_mut().enumerate().find(|(_, binding)| binding.prefix == prefix);
        match known {
            Some((_, binding)) if binding.uri == uri => return,
            Some((place, binding)) => self.undo.push((place, Some(std::mem::replace(&mut binding.uri, uri)))),
            // The default namespace is undeclared to begin with.
            None if uri.is_empty() => return,
            None => {
                self.undo.push((self.rendered.len(), None));
                self.rendered.push(Binding { prefix, uri });
            }
        }
        self.fresh.push(Binding { prefix, uri });
    }

    /// C14N section 2.2: by namespace URI, then by local name; those without a namespace come first.
    fn write_attributes(&mut self) {
        if self.attributes.len() > 1 {
            self.attributes.sort_by(|a, b| {
                attribute_namespace(a).cmp(attribute_namespace(b)).then_with(|| a.name().cmp(b.name()))
            });
        }
        for attribute in self.attributes.drain(..) {
            self.sink.put(" ");
            self.sink.put(literal_name(self.source, attribute.range().start));
            self.sink.put("=\"");
            escape::attribute(attribute.value(), self.sink);
            self.sink.put("\"");
        }
    }

    /// C14N section 2.4: the apex shows the `xml:` attributes of its ancestors, the nearest first, unless it has its own.
    fn inherit_xml_attributes(&mut self, apex: Node<'a, 'input>) {
        let inherited = apex.ancestors().skip(1).flat_map(|ancestor| ancestor.attributes());
        for attribute in inherited.filter(|attribute| attribute.namespace() == Some(XML_NAMESPACE)) {
            let shown =
                |seen: &Attribute<'_, '_>| seen.namespace() == Some(XML_NAMESPACE) && seen.name() == attribute.name();
            if !self.attributes.iter().any(shown) && !apex.attributes().any(|own| shown(&own)) {
                self.attributes.push(attribute);
            }
        }
    }

    fn instruction(&mut self, node: Node<'a, 'input>) {
        let Some(instruction) = node.pi() else { return };
        self.sink.put("<?");
        self.sink.put(instruction.target);
        if let Some(value) = instruction.value {
            self.sink.put(" ");
            self.sink.put(value);
        }
        self.sink.put("?>");
    }
}

/// The tree keeps expanded names; the prefix that was written is only in the source.
fn literal_name(source: &str, at: usize) -> &str {
    let rest = source.get(at..).unwrap_or_default();
    let end = rest.bytes().position(|byte| matches!(byte, b'=' | b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r'));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn attribute_namespace<'a>(attribute: &Attribute<'a, '_>) -> &'a str {
    attribute.namespace().unwrap_or_default()
}

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
