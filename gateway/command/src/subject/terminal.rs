//! A line that nobody else shall see: typed at the terminal without being shown, or piped in; overwritten when let go.
//!
//! The terminal stops showing before it prompts, forgets what was typed until then, and shows again however this ends:
//! Ctrl-C, too, is read here as a character and not left to kill the process in between.
//!
//! ```text
//! IIN: _                       hidden("IIN: ")  ->  what was typed; Ctrl-C  ->  Interrupted
//! ```

use std::fs::File;
use std::io::{self, Read, Write as _};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Prompts at the controlling terminal and reads a line.
///
/// # Errors
/// There is no terminal; Ctrl-C; what [`line`] says.
pub(super) fn hidden(prompt: &str) -> io::Result<Zeroizing<String>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let hidden = Hidden::begin(&terminal)?;
    (&terminal).write_all(prompt.as_bytes())?;
    let line = line(&mut &terminal);
    drop(hidden);
    (&terminal).write_all(b"\n")?;
    line
}

/// The next line without its end, byte by byte so that nothing beyond it is taken from whoever reads next.
///
/// # Errors
/// There is no more, too much of it, no UTF-8, or Ctrl-C in it.
pub(super) fn line(input: &mut impl Read) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = Zeroizing::new([0_u8]);
    loop {
        let [one] = match input.read(byte.as_mut_slice()) {
            Ok(0) if line.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => break,
            Ok(_) => *byte,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        match one {
            b'\n' => break,
            CTRL_C => return Err(io::ErrorKind::Interrupted.into()),
            _ if line.len() == LONGEST => return Err(io::ErrorKind::FileTooLarge.into()),
            other => line.push(other),
        }
    }
    let text = std::str::from_utf8(&line).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A terminal that does not show what is typed, until dropped.
struct Hidden<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Hidden<'t> {
    fn begin(terminal: &'t File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C; // ends a line, so that it is read at once
        tcsetattr(terminal, OptionalActions::Flush, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // What is left of a line that was too long must not reach the shell. A terminal that is gone needs nothing.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Longest line, in bytes.
const LONGEST: usize = 64;
/// ASCII ETX.
const CTRL_C: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_one_by_one() {
        let mut input: &[u8] = b"first\r\nsecond";
        assert_eq!(line(&mut input).unwrap().as_str(), "first\r");
        assert_eq!(line(&mut input).unwrap().as_str(), "second");
    }

    #[test]
    fn what_is_no_line() {
        for (wanted, input, why) in [
            (io::ErrorKind::UnexpectedEof, b"".as_slice(), "nothing"),
            (io::ErrorKind::FileTooLarge, [b'9'; 65].as_slice(), "too long"),
            (io::ErrorKind::InvalidData, [0xff].as_slice(), "no UTF-8"),
            (io::ErrorKind::Interrupted, b"99\x03".as_slice(), "Ctrl-C"),
        ] {
            assert_eq!(line(&mut &*input).err().map(|error| error.kind()), Some(wanted), "{why}");
        }
    }
}
