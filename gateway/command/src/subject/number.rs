//! A person's number on its way in: one line from standard input, or typed at the terminal without being shown.
//!
//! Never from the command line: other processes and the shell's history see that, so an argument that looks like a number is
//! refused before it is parsed. What was read is not printed, not logged and overwritten when it is no longer needed; the
//! copies that a request is encoded into are not ours to overwrite.
//!
//! ```text
//! qaqpa subject report --iin < number.txt        qaqpa subject report --iin 991231500006   -> refused, exit code 2
//! ```

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;

use qaqpa_policy::{Iin, InvalidIdentifier};
use qaqpa_proto::language::{Language, text};
use zeroize::Zeroizing;

use super::terminal;
use crate::language;

/// Exit code when a number was given as an argument.
pub(crate) const IN_ARGUMENTS: u8 = 2;

/// A number with a valid check digit.
pub(crate) struct Number(Zeroizing<String>);

impl Number {
    /// For a request.
    pub(crate) fn text(&self) -> String {
        self.0.as_str().to_owned()
    }
}

/// Whose number is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Subject,
    Guardian,
}

impl Whose {
    fn words(self, language: Language) -> &'static str {
        match self {
            Self::Subject => text("ЖСН", "ИИН", "IIN").in_language(language),
            Self::Guardian => {
                text("заңды өкілдің ЖСН-і", "ИИН законного представителя", "IIN of the parent or guardian")
                    .in_language(language)
            }
        }
    }
}

/// Reads a number: the next line of standard input, or from the terminal where that is one.
///
/// # Errors
/// A sentence for people, without what was read.
pub(crate) fn ask(whose: Whose, language: Language) -> Result<Number, String> {
    let about = whose.words(language);
    let stdin = io::stdin();
    let line = if stdin.is_terminal() {
        terminal::hidden(&format!("{about}: "))
    } else {
        // Past the buffer of std, which nobody overwrites and which would keep the second line.
        stdin.as_fd().try_clone_to_owned().and_then(|stdin| terminal::line(&mut File::from(stdin)))
    };
    let line = line.map_err(|error| format!("{about}: {error}"))?;
    parsed(&line).map_err(|why| format!("{about}: {}", fault(why, language)))
}

/// Whether some argument looks like a person's number.
pub(crate) fn in_arguments(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| looks_like_one(&argument.to_string_lossy()))
}

/// What is said about it, in the language that the arguments ask for.
pub(crate) fn refusal(arguments: &[OsString]) -> &'static str {
    let refusal = text(
        "адамның нөмірі (ЖСН) пәрмен жолынан алынбайды: оны басқа процестер мен пәрмендер тарихы көреді; --iin \
         жалаушасын мәнсіз беріп, нөмірді сұралғанда енгізіңіз",
        "номер человека (ИИН) из командной строки не берётся: его видят другие процессы и история команд; укажите \
         --iin без значения и введите номер, когда его спросят",
        "a person's number (IIN) is never taken from the command line, where other processes and the shell's history \
         see it; give --iin without a value and enter the number when asked",
    );
    refusal.in_language(language::asked(arguments))
}

/// Twelve digits that are no organisation's: alone, after a `=`, or with spaces and hyphens between. Inside a longer text, a
/// file's name for one, they must also begin as a date does, so that times of day pass.
fn looks_like_one(argument: &str) -> bool {
    let value = argument.rsplit('=').next().unwrap_or(argument);
    let bare: String = value.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
    let alone = bare.len() == 12 && bare.bytes().all(|byte| byte.is_ascii_digit()) && !is_organisation(&bare);
    let mut inside = argument.split(|character: char| !character.is_ascii_digit());
    alone || inside.any(|digits| digits.len() == 12 && begins_with_date(digits))
}

/// A BIN has the kind of its organisation where an IIN has the first digit of a day (decree 853 of 26.08.2013).
fn is_organisation(digits: &str) -> bool {
    digits.as_bytes().get(4).is_some_and(|digit| (b'4'..=b'6').contains(digit))
}

fn begins_with_date(digits: &str) -> bool {
    let pair = |range| digits.get(range).and_then(|pair: &str| pair.parse::<u8>().ok()).unwrap_or_default();
    (1..=12).contains(&pair(2..4)) && (1..=31).contains(&pair(4..6))
}

fn parsed(line: &str) -> Result<Number, InvalidIdentifier> {
    let text = line.trim();
    Iin::parse(text).map(|_| Number(Zeroizing::new(text.to_owned())))
}

fn fault(why: InvalidIdentifier, language: Language) -> &'static str {
    let words = match why {
        InvalidIdentifier::Length => {
            text("он екі таңба болуы керек", "должно быть двенадцать знаков", "it must have twelve digits")
        }
        InvalidIdentifier::Digits | InvalidIdentifier::Phone => {
            text("тек цифрлар болуы керек", "должны быть только цифры", "it must have digits only")
        }
        InvalidIdentifier::CheckDigit => {
            text("бақылау цифры сәйкес емес", "контрольная цифра не сходится", "the check digit does not fit")
        }
    };
    words.in_language(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_number() {
        for (wanted, argument, why) in [
            (true, "991231500006", "alone"),
            (true, "991231500007", "mistyped, and still somebody's"),
            (true, "--iin=991231500006", "as a flag's value"),
            (true, "991231 500006", "with a space"),
            (true, "9912-3150-0006", "with hyphens"),
            (true, "report-991231500006.html", "in a file's name"),
            (true, "999931900006", "alone, whatever its date"),
            (false, "990140000007", "an organisation's"),
            (false, "--on-behalf-of=990163000002", "an organisation's, joint"),
            (false, "report-202611201530.html", "a time of day"),
            (false, "2026-11-20", "a date"),
            (false, "0192f0c1-7e2a-7cc3-9a54-1b2c3d4e5f60", "an exchange"),
            (false, "9912315000060", "thirteen digits"),
            (false, "--iin", "no digits"),
            (false, "", "nothing"),
        ] {
            assert_eq!(in_arguments(&["qaqpa".into(), argument.into()]), wanted, "{why}");
        }
    }

    #[test]
    fn the_refusal_repeats_nothing_and_speaks_the_language_asked_for() {
        for (wanted, arguments) in [
            ("ИИН", vec!["subject", "--language", "ru", "991231500006"]),
            ("ЖСН", vec!["subject", "991231500006", "--language=kk"]),
            ("IIN", vec!["subject", "991231500006"]),
        ] {
            let arguments: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
            let said = refusal(&arguments);
            assert!(said.contains(wanted) && !said.contains("9912"), "{said}");
        }
    }

    #[test]
    fn what_is_no_number() {
        assert_eq!(parsed(" 991231500006\r").map(|number| number.text()), Ok("991231500006".to_owned()));
        for (wanted, text) in [
            (InvalidIdentifier::Length, ""),
            (InvalidIdentifier::Length, "99123150000"),
            (InvalidIdentifier::Digits, "99123150000O"),
            (InvalidIdentifier::CheckDigit, "991231500007"),
        ] {
            assert_eq!(parsed(text).err(), Some(wanted));
            assert!(Language::ALL.into_iter().all(|language| !fault(wanted, language).is_empty()));
        }
    }
}
