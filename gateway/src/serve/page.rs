//! Pages of a list (AIP-158): a size, and a token that names the last entry which was shown.
//!
//! The next page begins after that entry in the list's own order, so that what comes or goes in between neither repeats an
//! entry nor loses one. A token holds a moment and an id, never a person.
//!
//! ```text
//! page_size 2 of [a, b, c]   ->   [a, b], next_page_token for b        page_token for b   ->   [c], no next_page_token
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::refusal::NotDone;
use crate::serve::invalid;

/// The requested page: size, and where it begins.
#[derive(Debug)]
pub(crate) struct Page {
    size: usize,
    after: Option<String>,
}

impl Page {
    /// Reads `page_size` and `page_token`.
    ///
    /// # Errors
    /// `request.invalid`: more than may be asked for, a token that no reply can have held.
    pub(crate) fn read(size: u32, token: &str) -> Result<Self, NotDone> {
        let after = match token {
            "" => None,
            token => {
                let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
                Some(key.filter(|key| is_place(key)).ok_or_else(|| invalid("page_token", "unknown"))?)
            }
        };
        Ok(Self { size: page_size(size)?, after })
    }

    /// The page's entries and the token of the next. `key` is an entry's [`place`].
    pub(crate) fn of<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> String) -> (Vec<T>, String) {
        all.sort_by_cached_key(&key);
        all.retain(|entry| self.after.as_ref().is_none_or(|after| key(entry) > *after));
        let more = all.len() > self.size;
        all.truncate(self.size);
        let last = all.last().filter(|_| more);
        let token = last.map(|entry| URL_SAFE_NO_PAD.encode(key(entry))).unwrap_or_default();
        (all, token)
    }
}

/// The sort key of an entry in a list ordered by time.
pub(crate) fn place(at: Timestamp, id: &str) -> String {
    format!("{:020} {id}", at.as_nanosecond().max(0))
}

/// Whether [`place`] could have made it: else a list would end without a word where a token was spoilt on its way.
fn is_place(key: &str) -> bool {
    key.split_once(' ')
        .is_some_and(|(at, id)| at.len() == 20 && at.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty())
}

/// Entries of one page.
pub(crate) fn page_size(asked: u32) -> Result<usize, NotDone> {
    match usize::try_from(asked) {
        Ok(0) => Ok(USUAL_PAGE),
        Ok(size) if size <= LARGEST_PAGE => Ok(size),
        _ => Err(invalid("page_size", "out_of_bounds")),
    }
}

const USUAL_PAGE: usize = 100;
/// Largest page: 1000 entries.
pub(crate) const LARGEST_PAGE: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(mut list: Vec<u32>, size: u32, between: impl Fn(&mut Vec<u32>)) -> Vec<Vec<u32>> {
        let (mut pages, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = Page::read(size, &token)
                .ok()
                .unwrap()
                .of(list.clone(), |entry| place(Timestamp::UNIX_EPOCH, &format!("{entry:03}")));
            pages.push(page);
            if next.is_empty() {
                return pages;
            }
            token = next;
            between(&mut list);
        }
    }

    #[test]
    fn pages_lose_nothing_and_repeat_nothing() {
        type Between = fn(&mut Vec<u32>);
        let rows: [(&str, u32, Between, &[&[u32]]); 5] = [
            ("as many as fit", 3, |_| {}, &[&[1, 3, 5]]),
            ("one more page", 2, |_| {}, &[&[1, 3], &[5]]),
            ("an entry that was shown goes", 2, |list| list.retain(|entry| *entry != 3), &[&[1, 3], &[5]]),
            ("one comes before", 2, |list| list.push(2), &[&[1, 3], &[5]]),
            ("one comes after", 2, |list| list.push(4), &[&[1, 3], &[4, 5]]),
        ];
        for (row, size, between, wanted) in rows {
            assert_eq!(walk(vec![5, 1, 3], size, between), wanted, "{row}");
        }
    }

    #[test]
    fn tokens_and_sizes_that_cannot_be() {
        for (size, token) in [(1_001, ""), (u32::MAX, ""), (1, "?"), (1, "/w"), (1, "aGVsbG8"), (1, "MSAx")] {
            assert!(Page::read(size, token).is_err(), "{size} {token}");
        }
    }
}
