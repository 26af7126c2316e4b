//! Texts of URLs as people, attackers and careless programs write them: every odd spelling of an address, every place
//! where two libraries cut a text differently, and the decision table's own texts, mutated.

use std::net::{IpAddr, Ipv6Addr};

use super::addresses::Addresses;
use super::random::Random;

/// Draws texts.
pub(crate) struct Urls {
    /// The decision table's.
    known: Vec<String>,
}

impl Urls {
    pub(crate) fn new() -> Self {
        let unescape = |text: &str| text.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\");
        let texts = include_str!("../judge.rs").split('"').filter(|text| text.contains("://"));
        Self { known: texts.map(unescape).collect() }
    }

    pub(crate) fn draw(&self, random: &mut Random, addresses: &Addresses) -> String {
        let mut text = if random.chance(4) { random.pick(&self.known).clone() } else { written(random, addresses) };
        while random.chance(3) {
            text = self.mutated(random, &text);
        }
        text
    }

    fn mutated(&self, random: &mut Random, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let at = random.below(letters.len() + 1);
        let (before, after) = letters.split_at(at);
        let odd = *random.pick(ODD);
        let string = |letters: &[char]| letters.iter().collect::<String>();
        match random.below(6) {
            0 => string(before) + odd + &string(after),
            1 => string(before) + odd + &string(after.get(1..).unwrap_or_default()),
            2 => string(before) + &string(after.get(1..).unwrap_or_default()),
            3 => string(before) + &string(&after[..after.len().min(1)]) + &string(after),
            4 => string(before) + &random.pick(&self.known).chars().skip(at).collect::<String>(),
            _ => escaped(random, text),
        }
    }
}

fn written(random: &mut Random, addresses: &Addresses) -> String {
    let scheme = if random.chance(3) { *random.pick(SCHEMES) } else { "https" };
    let between =
        if random.chance(20) { *random.pick(&[":", ":/", ":///", "//", ":\\\\", "://\t", " ://"]) } else { "://" };
    let user = if random.chance(16) { *random.pick(USERS) } else { "" };
    let host = match random.below(3) {
        0 => name(random),
        _ => {
            let address = addresses.draw(random);
            spelled(random, address)
        }
    };
    let port = if random.chance(3) { *random.pick(PORTS) } else { "" };
    let path = if random.chance(3) { *random.pick(PATHS) } else { "" };
    format!("{scheme}{between}{user}{host}{port}{path}")
}

fn name(random: &mut Random) -> String {
    let count = 1 + random.below(4);
    let labels: Vec<&str> = (0..count).map(|_| *random.pick(LABELS)).collect();
    labels.join(".") + *random.pick(&["", "", "", ".", ".."])
}

/// An address, mostly not as it should be written.
fn spelled(random: &mut Random, address: IpAddr) -> String {
    let text = match address {
        IpAddr::V4(address) => v4(random, address.into()),
        IpAddr::V6(address) => v6(random, address),
    };
    let text = if random.chance(8) { dressed(random, &text) } else { text };
    if random.chance(16) { escaped(random, &text) } else { text }
}

/// One to four parts, each decimal, octal or hexadecimal: what `inet_aton` of C reads.
fn v4(random: &mut Random, bits: u32) -> String {
    let parts = if random.chance(3) { random.below(5) } else { 3 };
    let mut text = String::new();
    for part in 0..parts.min(3) {
        let octet = bits << (8 * part) >> 24;
        text += &number(random, octet);
        text.push('.');
    }
    let rest = if parts.min(3) == 0 { bits } else { bits & (u32::MAX >> (8 * parts.min(3))) };
    text += &number(random, rest);
    text + *random.pick(&["", "", "", "", "", "", "", ".", "..", ".0", ".kz"])
}

fn number(random: &mut Random, number: u32) -> String {
    match random.below(12) {
        0 => format!("0{number:o}"),
        1 => format!("0x{number:x}"),
        2 => format!("0X{number:X}"),
        3 => format!("00{number}"),
        4 if number == 0 => "0x".to_owned(),
        5 => format!("0x0000000{number:x}"),
        _ => number.to_string(),
    }
}

fn v6(random: &mut Random, address: Ipv6Addr) -> String {
    let pairs = address.segments();
    let last = u128::from(address) as u32;
    let text = match random.below(6) {
        0 => pairs.map(|pair| format!("{pair:04x}")).join(":"),
        1 => pairs.map(|pair| format!("{pair:X}")).join(":"),
        2 => pairs[..6].iter().map(|pair| format!("{pair:x}:")).collect::<String>() + &v4(random, last),
        3 => format!("::ffff:{}", v4(random, last)),
        _ => address.to_string(),
    };
    match random.below(16) {
        0 => text,
        1 => format!("[{text}%25eth0]"),
        2 => format!("[{text}%eth0]"),
        3 => format!("[[{text}]]"),
        4 => format!("[{text}"),
        5 => format!("[v6.{text}]"),
        _ => format!("[{text}]"),
    }
}

/// Digits and dots of other scripts.
fn dressed(random: &mut Random, text: &str) -> String {
    let digits = *random.pick(&[0xff10_u32, 0x1d7ce, 0x1d7d8, 0x0660, 0x2080, 0x0966]);
    let circled = random.chance(4);
    let dot = *random.pick(&['.', '。', '．', '｡', '․']);
    let dress = |letter: char| match letter.to_digit(10) {
        Some(0) if circled => '⓪',
        Some(digit) if circled => char::from_u32(0x245f + digit).unwrap_or(letter),
        Some(digit) => char::from_u32(digits + digit).unwrap_or(letter),
        None if letter == '.' => dot,
        None => letter,
    };
    text.chars().map(|letter| if random.chance(3) { letter } else { dress(letter) }).collect()
}

fn escaped(random: &mut Random, text: &str) -> String {
    let bytes = text.as_bytes();
    let at = random.below(bytes.len().max(1));
    match text.get(at..=at) {
        Some(letter) => format!("{}%{:02x}{}", &text[..at], letter.as_bytes()[0], &text[at + 1..]),
        None => text.to_owned(),
    }
}

const SCHEMES: &[&str] =
    &["https", "HTTPS", "http", "httpſ", "ftp", "dns", "postgres", "file", "ws", "javascript", "", "https:https"];
const USERS: &[&str] = &["user@", "a:b@", "8.8.8.8@", "api.egov.kz@", "@", "a%40", "api.egov.kz\\@", "[::1]@", "a,b@"];
const PORTS: &[&str] = &[
    ":443",
    ":8443",
    ":0",
    ":65535",
    ":65536",
    ":",
    ":+443",
    ":-1",
    ":0443",
    ":00000000443",
    ":４４３",
    ":443:80",
    ":8 ",
    ":http",
    ":80",
    ":4294967739",
];
const PATHS: &[&str] =
    &["/", "/a/b", "//8.8.8.8/", "/../..", "?a", "#a", "/@8.8.8.8", "\\", "\\@8.8.8.8", ";a", "/:80", "/%"];
const LABELS: &[&str] = &[
    "api",
    "egov",
    "kz",
    "KZ",
    "xn--80ao21a",
    "xn--80aswg",
    "xn--",
    "xn--a",
    "xn--egov-x4d",
    "қаз",
    "еgov",
    "egov\u{200d}",
    "localhost",
    "a_b",
    "-a-",
    "0x7f",
    "0xg",
    "1",
    "127",
    "09",
    "0",
    "",
    "ⓚⓩ",
    "ＫＺ",
    "ß",
    "İ",
    "K",
    "ſ",
    "com",
    "evil",
    "*",
    "a,b",
    "a+b",
    "a~",
    "a!b",
    "a$",
    "a'b",
    "a(b",
    "a=b",
    "a&b",
    "a;b",
];
const ODD: &[&str] = &[
    "@", "\\", "\t", "\n", "\r", "\0", " ", "/", "//", ":", "?", "#", "%", "%2e", "%00", "%40", "%5c", "[", "]", ".",
    "..", "。", "．", "\u{ad}", "\u{200b}", "\u{feff}", "\u{202e}", "０", "①", "0x", "0", "-", "_", ",", ";", "&", "=",
    "|", "^", "`", "<", ">", "\"", "{", "}", "~", "*", "+", "é", "é", "⁄", "℀", "／", "＠", "：", "＃", "？", "％",
    "\u{85}", "\u{a0}", "\u{2028}", "𝟙", "e", "Ａ",
];
