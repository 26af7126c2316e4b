//! A table's text, a line at a time: the text never stands in memory whole, and its digest is made on the way.

use std::io::BufRead;

use aws_lc_rs::digest::Context;

use super::problem::TableProblem;

/// The lines of one text.
pub(super) struct Lines<'d, R> {
    part: &'static str,
    from: R,
    digest: &'d mut Context,
    line: Vec<u8>,
    number: usize,
    /// White space is all there was so far.
    blank: bool,
}

impl<'d, R: BufRead> Lines<'d, R> {
    /// Each byte that is read goes into `digest`.
    pub(super) fn new(part: &'static str, from: R, digest: &'d mut Context) -> Self {
        Self { part, from, digest, line: Vec::new(), number: 0, blank: true }
    }

    /// The next line without its end, and its number, counted from 1.
    ///
    /// # Errors
    ///
    /// A last line without an end: the text was cut. White space alone that ends so is an empty text.
    pub(super) fn next(&mut self) -> Result<Option<(&[u8], usize)>, TableProblem> {
        self.line.clear();
        let read = self.from.read_until(b'\n', &mut self.line);
        if read.map_err(|problem| TableProblem::format(self.part, problem))? == 0 {
            return Ok(None);
        }
        self.digest.update(&self.line);
        self.number += 1;
        self.blank &= self.line.trim_ascii().is_empty();
        match self.line.strip_suffix(b"\n") {
            Some(line) => Ok(Some((line, self.number))),
            None if self.blank => Err(TableProblem::Empty(self.part)),
            None => Err(TableProblem::truncated(self.part, "its last line has no end")),
        }
    }
}
