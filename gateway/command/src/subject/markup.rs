//! HTML that is also well-formed XML: every element closed by whoever opened it, every text escaped.
//!
//! Writes no raw markup but the doctype, so that nothing a policy, a contract or a gateway says can become one.
//!
//! ```text
//! page.within("li", &[], |page| page.text("<script>"))      ->  <li>&lt;script&gt;</li>
//! ```

/// A document under construction.
#[derive(Debug)]
pub(super) struct Markup(String);

/// Name and value, in order.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Markup {
    pub(super) fn document() -> Self {
        Self("<!DOCTYPE html>\n".to_owned())
    }

    /// An element with what `fill` puts into it.
    pub(super) fn within(&mut self, tag: &str, attributes: Attributes<'_>, fill: impl FnOnce(&mut Self)) {
        self.open(tag, attributes);
        self.0.push('>');
        fill(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        if BLOCKS.contains(&tag) {
            self.0.push('\n');
        }
    }

    /// An element with a text.
    pub(super) fn element(&mut self, tag: &str, attributes: Attributes<'_>, text: &str) {
        self.within(tag, attributes, |inner| inner.text(text));
    }

    /// An element without content: `meta`, `br`.
    pub(super) fn empty(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.open(tag, attributes);
        self.0.push_str("/>\n");
    }

    pub(super) fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(character),
                control if control.is_control() => self.0.push('\u{fffd}'), // XML has no place for them
                '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                other => self.0.push(other),
            }
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn open(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }
}

/// After these a line ends.
const BLOCKS: [&str; 23] = [
    "html", "head", "title", "style", "body", "header", "main", "footer", "section", "article", "h1", "h2", "h3", "p",
    "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "caption",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_said_stays_text() {
        for (wanted, text) in [
            ("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n", "<script>alert(1)</script>"),
            ("<p>&amp;amp; &quot;&#39;</p>\n", "&amp; \"'"),
            ("<p>a\u{fffd}b\nc</p>\n", "a\u{0}b\nc"),
            ("<p>ә</p>\n", "ә"),
        ] {
            let mut markup = Markup(String::new());
            markup.element("p", &[], text);
            assert_eq!(markup.into_text(), wanted);
        }
        let mut markup = Markup(String::new());
        markup.empty("meta", &[("content", "\"><script>")]);
        assert_eq!(markup.into_text(), "<meta content=\"&quot;&gt;&lt;script&gt;\"/>\n");
    }
}
