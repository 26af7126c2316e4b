//! Documents for people: a title, some facts, tables. As aligned text, Markdown and CSV; the commands add JSON.
//!
//! Decides nothing. CSV is the first table alone, since a CSV file has one header; the others are in every other form.
//!
//! ```text
//! Clause  Says                    Kept by
//! 3(5)    phone for support only  withhold: phone
//! ```

use std::fmt::Write;

use serde::Serialize;

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// One line.
    pub title: String,
    /// Name and value, in order.
    pub facts: Vec<(String, String)>,
    /// In order; the first is the one that matters most.
    pub tables: Vec<PrintedTable>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintedTable {
    /// One line; may be empty.
    pub title: String,
    /// Headings in the document's language.
    pub columns: Vec<String>,
    /// Cells; a cell of several entries separates them by newlines.
    pub rows: Vec<Vec<String>>,
}

/// Lines of text are no longer, where words allow.
const WIDTH: usize = 140;
/// No column becomes narrower by wrapping.
const NARROWEST: usize = 10;

impl Document {
    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.title);
        let widest = self.facts.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
        for (name, value) in &self.facts {
            for (line, part) in wrapped(value, WIDTH.saturating_sub(widest + 4).max(NARROWEST)).iter().enumerate() {
                let name = if line == 0 { name.as_str() } else { "" };
                let _infallible = writeln!(out, "  {}  {part}", padded(name, widest));
            }
        }
        for table in &self.tables {
            let _infallible = write!(out, "\n{}", table.text());
        }
        out
    }

    /// For a repository or a wiki.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", self.title);
        if !self.facts.is_empty() {
            out.push('\n');
        }
        for (name, value) in &self.facts {
            let _infallible = writeln!(out, "- {name}: {}", value.replace('\n', "; "));
        }
        for table in &self.tables {
            let _infallible = write!(out, "\n{}", table.markdown());
        }
        out
    }

    /// For a spreadsheet: the first table (RFC 4180).
    #[must_use]
    pub fn csv(&self) -> String {
        self.tables.first().map(PrintedTable::csv).unwrap_or_default()
    }
}

impl PrintedTable {
    /// An empty table.
    #[must_use]
    pub fn new<const N: usize>(title: impl Into<String>, columns: [&str; N]) -> Self {
        Self { title: title.into(), columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        if !self.title.is_empty() {
            let _infallible = writeln!(out, "{}", self.title);
        }
        let widths = self.widths();
        let heading: Vec<String> = self.columns.clone();
        line(&mut out, &heading, &widths);
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        line(&mut out, &rule, &widths);
        self.rows.iter().for_each(|row| line(&mut out, row, &widths));
        out
    }

    fn markdown(&self) -> String {
        let mut out = String::new();
        if !self.title.is_empty() {
            let _infallible = writeln!(out, "## {}\n", self.title);
        }
        let cell = |text: &String| text.replace('|', "\\|").replace('\n', "<br>");
        let row = |cells: &[String]| format!("| {} |\n", cells.iter().map(cell).collect::<Vec<_>>().join(" | "));
        out.push_str(&row(&self.columns));
        out.push_str(&format!("|{}\n", "---|".repeat(self.columns.len())));
        self.rows.iter().for_each(|cells| out.push_str(&row(cells)));
        out
    }

    fn csv(&self) -> String {
        let cell = |text: &String| match text.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", text.replace('"', "\"\"").replace('\n', "; ")),
            false => text.clone(),
        };
        let row = |cells: &Vec<String>| format!("{}\r\n", cells.iter().map(cell).collect::<Vec<_>>().join(","));
        std::iter::once(&self.columns).chain(&self.rows).map(row).collect()
    }

    /// Natural widths, the widest made narrower until a line fits: first those whose words stay whole.
    fn widths(&self) -> Vec<usize> {
        let natural = |column: usize| self.cells(column).flat_map(str::lines).map(width).max().unwrap_or_default();
        let word =
            |column: usize| self.cells(column).flat_map(str::split_whitespace).map(width).max().unwrap_or_default();
        let mut widths: Vec<usize> = (0..self.columns.len()).map(natural).collect();
        let words: Vec<usize> = (0..self.columns.len()).map(word).collect();
        let room = WIDTH.saturating_sub(2 * widths.len().saturating_sub(1));
        for floors in [words, vec![NARROWEST; widths.len()]] {
            while widths.iter().sum::<usize>() > room {
                let wide = widths.iter_mut().zip(&floors).filter(|(width, floor)| **width > **floor);
                let Some((widest, _)) = wide.max_by_key(|(width, _)| **width) else { break };
                *widest -= 1;
            }
        }
        widths
    }

    /// A column from top to bottom, its heading first.
    fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        let cells = self.rows.iter().filter_map(move |row| row.get(column));
        self.columns.get(column).into_iter().chain(cells).map(String::as_str)
    }
}

/// One row, which may take several lines.
fn line(out: &mut String, cells: &[String], widths: &[usize]) {
    let parts: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, width)| wrapped(cell, *width)).collect();
    let height = parts.iter().map(Vec::len).max().unwrap_or_default().max(1);
    for at in 0..height {
        let cells: Vec<String> = parts
            .iter()
            .zip(widths)
            .map(|(lines, width)| padded(lines.get(at).map_or("", String::as_str), *width))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
}

/// Lines of at most `room` characters, broken at spaces; a longer word stands broken.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && width(&line) + 1 + width(word) > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            while width(&line) > room {
                let rest: String = line.chars().skip(room).collect();
                lines.push(line.chars().take(room).collect());
                line = rest;
            }
        }
        lines.push(line);
    }
    lines
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Document {
        let mut table = PrintedTable::new("Rules", ["Clause", "Says"]);
        table.rows.push(vec!["3(5)".into(), "phone, \"support\" | only".into()]);
        table.rows.push(vec!["8".into(), "photo\nface".into()]);
        Document { title: "Сынақ".into(), facts: vec![("Edition".into(), "1".into())], tables: vec![table] }
    }

    #[test]
    fn each_form_holds_the_same() {
        assert_eq!(
            sample().text(),
            "Сынақ\n  Edition  1\n\nRules\nClause  Says\n──────  ───────────────────────\n3(5)    phone, \"support\" | only\n8       photo\n        face\n"
        );
        assert_eq!(
            sample().markdown(),
            "# Сынақ\n\n- Edition: 1\n\n## Rules\n\n| Clause | Says |\n|---|---|\n| 3(5) | phone, \"support\" \\| only |\n| 8 | photo<br>face |\n"
        );
        assert_eq!(sample().csv(), "Clause,Says\r\n3(5),\"phone, \"\"support\"\" | only\"\r\n8,\"photo; face\"\r\n");
    }

    #[test]
    fn long_words_and_lines_are_broken() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrapped("", 4), Vec::<String>::new());
        let mut table = PrintedTable::new("", ["a", "b"]);
        table.rows.push(vec!["x".repeat(300), "y y ".repeat(100)]);
        assert!(table.text().lines().all(|line| width(line) <= WIDTH));
    }
}
