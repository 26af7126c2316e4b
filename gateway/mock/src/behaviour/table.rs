//! The table of behaviours: name, meaning, and what a sound client makes of it. `qaqpa mock` prints it.

use std::borrow::Cow::Borrowed;
use std::time::Duration;

use super::{Behaviour, Wrapping};

/// A row of [`Behaviour::ALL`].
#[derive(Debug)]
pub struct Entry {
    /// The behaviour, with the value it has when none is given.
    pub behaviour: Behaviour,
    /// Stable name.
    pub name: &'static str,
    /// What a sound client makes of it.
    pub sound: Sound,
    /// What the mock does, in a sentence.
    pub about: &'static str,
}

/// What a sound client makes of a behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Reads the reply: it is well-formed, authentic and an answer, however it is spelt.
    Accepts,
    /// Reads the state's refusal or failure and says so to its caller.
    Reports,
    /// Believes nothing of what came.
    Refuses,
    /// Has no reply at all, and does not know whether the state has acted.
    Waits,
}

impl Behaviour {
    /// Every behaviour.
    pub const ALL: &'static [Entry] = &[
        row(Behaviour::Normal, "normal", Sound::Accepts, "answers, signed, as the contract says"),
        row(Behaviour::Slow(Duration::from_secs(2)), "slow", Sound::Accepts, "acts and answers after the time given"),
        row(Behaviour::Silence, "silence", Sound::Waits, "acts, never answers and keeps the connection open"),
        row(Behaviour::CutBeforeReply, "cut-before-reply", Sound::Waits, "acts, then closes without a word"),
        row(Behaviour::CutMidHeaders, "cut-mid-headers", Sound::Waits, "acts, then closes within the HTTP headers"),
        row(Behaviour::CutMidBody, "cut-mid-body", Sound::Waits, "acts, then closes before Content-Length is reached"),
        row(Behaviour::Reset, "reset", Sound::Waits, "acts, then resets the TCP connection"),
        row(Behaviour::Html502, "html-502", Sound::Refuses, "does not act; HTTP 502 with an HTML page of a proxy"),
        row(
            Behaviour::WrongContentType,
            "wrong-content-type",
            Sound::Refuses,
            "a good reply labelled application/json",
        ),
        row(
            Behaviour::Redirect(Borrowed("https://elsewhere.invalid/bip-sync-wss-gost/")),
            "redirect",
            Sound::Refuses,
            "does not act; HTTP 307 to the URL given",
        ),
        row(Behaviour::TooLarge, "too-large", Sound::Refuses, "17 MiB, chunked, so that only counting notices"),
        row(Behaviour::TruncatedXml, "truncated-xml", Sound::Refuses, "a complete HTTP reply with incomplete XML"),
        row(Behaviour::Dtd, "dtd", Sound::Refuses, "a good reply after a document type declaration"),
        row(
            Behaviour::EntityBomb,
            "entity-bomb",
            Sound::Refuses,
            "entities that expand to ten thousand million characters",
        ),
        row(Behaviour::ProcessingInstruction, "processing-instruction", Sound::Refuses, "a good reply after `<?...?>`"),
        row(Behaviour::Deep, "deep", Sound::Refuses, "eighty elements within elements; not what was signed"),
        row(
            Behaviour::SoapFault(Borrowed("SCE909")),
            "soap-fault",
            Sound::Reports,
            "does not act; a fault of the code given",
        ),
        row(Behaviour::SoapFaultNested, "soap-fault-nested", Sound::Reports, "does not act; SCE909 because of SCE006"),
        row(
            Behaviour::Status(Borrowed("SCSE002")),
            "status",
            Sound::Reports,
            "does not act; responseInfo of the status given",
        ),
        row(Behaviour::NoData, "no-data", Sound::Refuses, "SCSS001, and no document"),
        row(Behaviour::WrongCorrelation, "wrong-correlation", Sound::Refuses, "a signed answer to another message"),
        row(Behaviour::StaleDate, "stale-date", Sound::Refuses, "a signed answer of yesterday"),
        row(
            Behaviour::Replayed,
            "replayed",
            Sound::Refuses,
            "does not act; the last good reply again, octet for octet",
        ),
        row(Behaviour::Unsigned, "unsigned", Sound::Refuses, "no signature"),
        row(Behaviour::TamperedBody, "tampered-body", Sound::Refuses, "a Body changed after it was signed"),
        row(Behaviour::WrongSigner, "wrong-signer", Sound::Refuses, "signed by the rogue"),
        row(Behaviour::DuplicateId, "duplicate-id", Sound::Refuses, "the signed id on two elements"),
        row(
            Behaviour::Wrapped(Wrapping::InHeader),
            "wrapped-1",
            Sound::Refuses,
            "wrapping: signed Body in a header block",
        ),
        row(Behaviour::Wrapped(Wrapping::InObject), "wrapped-2", Sound::Refuses, "wrapping: signed Body in ds:Object"),
        row(
            Behaviour::Wrapped(Wrapping::ForgedBodyFirst),
            "wrapped-3",
            Sound::Refuses,
            "wrapping: forged Body, then the signed",
        ),
        row(
            Behaviour::Wrapped(Wrapping::SignedBodyFirst),
            "wrapped-4",
            Sound::Refuses,
            "wrapping: signed Body, then the forged",
        ),
        row(Behaviour::Wrapped(Wrapping::TwoSignatures), "wrapped-5", Sound::Refuses, "wrapping: two Signatures"),
        row(Behaviour::Wrapped(Wrapping::TwoSecurities), "wrapped-6", Sound::Refuses, "wrapping: two Security headers"),
        row(
            Behaviour::Wrapped(Wrapping::NestedEnvelope),
            "wrapped-7",
            Sound::Refuses,
            "wrapping: an Envelope in the forged Body",
        ),
        row(Behaviour::ForeignTransform, "foreign-transform", Sound::Refuses, "well signed, with an XPath transform"),
        row(Behaviour::Sha1, "sha1", Sound::Refuses, "signature and digest that call themselves SHA-1"),
        row(Behaviour::Drift, "drift", Sound::Accepts, "elements the contract does not know, personal ones among them"),
        row(
            Behaviour::IssuerSerial,
            "issuer-serial",
            Sound::Accepts,
            "names its certificate by issuer and serial number alone",
        ),
        row(Behaviour::Utf16, "utf-16", Sound::Accepts, "UTF-16 with a byte order mark"),
        row(
            Behaviour::Windows1251,
            "windows-1251",
            Sound::Accepts,
            "windows-1251, Kazakh letters as character references",
        ),
        row(Behaviour::Bom, "bom", Sound::Accepts, "UTF-8 with a byte order mark"),
        row(Behaviour::Cdata, "cdata", Sound::Accepts, "the document in a CDATA section"),
        row(Behaviour::OtherPrefixes, "other-prefixes", Sound::Accepts, "every namespace by another prefix"),
        row(
            Behaviour::DefaultNamespace,
            "default-namespace",
            Sound::Accepts,
            "the message in a default namespace, its inside in xmlns=\"\"",
        ),
        row(
            Behaviour::DataInXsiNamespace,
            "data-in-xsi-namespace",
            Sound::Accepts,
            "`data` itself in the namespace of xsi",
        ),
        row(Behaviour::EscapedData, "escaped-data", Sound::Accepts, "the document as escaped text, xs:string"),
        row(Behaviour::UnbracedSession, "unbraced-session", Sound::Accepts, "sessionId without braces"),
        row(
            Behaviour::DateSpellings,
            "date-spellings",
            Sound::Accepts,
            "dates in +0500, in Z, and with a zone on a day",
        ),
    ];
}

const fn row(behaviour: Behaviour, name: &'static str, sound: Sound, about: &'static str) -> Entry {
    Entry { behaviour, name, sound, about }
}
