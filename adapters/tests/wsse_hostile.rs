//! One good envelope and what can be done to it: each row says what must be refused, as what, and how it was made.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "wsse_signers/mod.rs"]
mod wsse_signers;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qaqpa_adapters::wsse::{self, DS, Layout, NotAuthentic, SOAP_11, Sign, WSSE, WSU};
use qaqpa_adapters::xml::{Document, Sha256, c14n, document};
use wsse_signers::{CONTENT, NOW, body_id, pinned, signer};

/// A good envelope, taken apart as text.
struct Good {
    security: String,
    body: String,
}

impl Good {
    fn new() -> Self {
        let envelope = wsse::envelope(CONTENT, body_id(), &signer("signer-rsa")).unwrap();
        let between = |from: &str, to: &str| {
            let start = envelope.find(from).unwrap();
            envelope[start..envelope.find(to).unwrap() + to.len()].to_owned()
        };
        Self {
            security: between("<wsse:Security", "</wsse:Security>"),
            body: between("<soapenv:Body", "</soapenv:Body>"),
        }
    }

    fn with(&self, header: &str, body: &str) -> String {
        format!(
            "<soapenv:Envelope xmlns:soapenv='{SOAP_11}'><soapenv:Header>{header}</soapenv:Header>{body}</soapenv:Envelope>"
        )
    }

    /// The good body, the security header changed.
    fn security(&self, from: &str, to: &str) -> String {
        assert!(self.security.contains(from), "{from}");
        self.with(&self.security.replace(from, to), &self.body)
    }

    /// What stands in KeyIdentifier, changed.
    fn identified(&self, change: impl FnOnce(&str) -> String) -> String {
        let (before, rest) = self.security.split_once("<wsse:KeyIdentifier").unwrap();
        let (attributes, rest) = rest.split_once('>').unwrap();
        let (base64, after) = rest.split_once('<').unwrap();
        self.with(&format!("{before}<wsse:KeyIdentifier{attributes}>{}<{after}", change(base64)), &self.body)
    }

    /// The good security header, the body changed.
    fn body(&self, from: &str, to: &str) -> String {
        assert!(self.body.contains(from), "{from}");
        self.with(&self.security, &self.body.replace(from, to))
    }

    fn digest_value(&self) -> &str {
        let (_, rest) = self.security.split_once("<ds:DigestValue>").unwrap();
        rest.split_once('<').unwrap().0
    }

    /// A security header changed before it is signed by `name`: the signature is right, and what it says is what is judged.
    fn resigned(&self, name: &str, from: &str, to: &str) -> String {
        assert!(self.security.contains(from), "{from}");
        let changed = self.security.replace(from, to);
        let whole = self.with(&changed, &self.body);
        let tree = Document::parse(&whole).unwrap();
        let node = tree.descendants().find(|node| node.tag_name().name() == "SignedInfo").unwrap();
        let mut octets = Vec::new();
        c14n::exclusive(node, &[], &mut octets);
        let old = document::text(tree.descendants().find(|node| node.tag_name().name() == "SignatureValue").unwrap());
        let new = STANDARD.encode(signer(name).sign(&octets).unwrap());
        whole.replace(old.as_ref(), &new)
    }
}

const EVIL_BODY: &str = "<soapenv:Body><evil></evil></soapenv:Body>";
const EXC: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

fn judge(envelope: &str, pins: &[&str]) -> Result<(), &'static str> {
    let document = Document::parse(envelope).unwrap_or_else(|refused| panic!("{refused}: {envelope}"));
    wsse::verify(&document, &pinned(pins), NOW).map(|_| ()).map_err(NotAuthentic::code)
}

type Row = (&'static str, &'static str, fn(&Good) -> String);

fn check(rows: &[Row]) {
    let good = Good::new();
    for (code, how, make) in rows {
        let wanted = if *code == "ok" { Ok(()) } else { Err(*code) };
        assert_eq!(judge(&make(&good), &["signer-rsa"]), wanted, "{how}");
    }
}

#[test]
fn signature_wrapping_is_refused() {
    check(&[
        ("wrapped", "signed Body moved into a wrapper in the Header, new Body in its place", |good| {
            good.with(&format!("{}<w>{}</w>", good.security, good.body), EVIL_BODY)
        }),
        ("wrapped", "signed Body moved into a wrapper before the Security header", |good| {
            good.with(&format!("<w>{}</w>{}", good.body, good.security), EVIL_BODY)
        }),
        ("wrapped", "signed Body moved under Security", |good| {
            good.with(&good.security.replace("</wsse:Security>", &format!("{}</wsse:Security>", good.body)), EVIL_BODY)
        }),
        ("wrapped", "signed Body moved into an Object of the Signature", |good| {
            let object = format!("<ds:Object>{}</ds:Object></ds:Signature>", good.body);
            good.with(&good.security.replace("</ds:Signature>", &object), EVIL_BODY)
        }),
        ("wrapped", "two Bodies, the signed one first", |good| {
            good.with(&good.security, &format!("{}{EVIL_BODY}", good.body))
        }),
        ("wrapped", "two Bodies, the signed one last", |good| {
            good.with(&good.security, &format!("{EVIL_BODY}{}", good.body))
        }),
        ("wrapped", "signed Body nested in a new one", |good| {
            good.with(&good.security, &format!("<soapenv:Body>{}</soapenv:Body>", good.body))
        }),
        ("wrapped", "whole signed Envelope nested in a new Body", |good| {
            let inner = good.with(&good.security, &good.body);
            good.with("", &format!("<soapenv:Body>{inner}</soapenv:Body>")).replacen(
                "<soapenv:Header></soapenv:Header>",
                &format!("<soapenv:Header>{}</soapenv:Header>", good.security),
                1,
            )
        }),
        ("wrapped", "a SOAP 1.2 Body beside the SOAP 1.1 one, in the Header", |good| {
            good.with(&format!("{}<b:Body xmlns:b='{}'></b:Body>", good.security, wsse::SOAP_12), &good.body)
        }),
        ("wrapped", "two Signatures in Security", |good| {
            let (_, signature) = good.security.split_once("<ds:Signature").unwrap();
            let second = format!("</ds:Signature><ds:Signature{}", signature.replace("</wsse:Security>", ""));
            good.with(&good.security.replacen("</ds:Signature>", &second, 1), &good.body)
        }),
        ("wrapped", "two Security headers, the good one first", |good| {
            good.with(&format!("{0}<wsse:Security xmlns:wsse='{WSSE}'></wsse:Security>", good.security), &good.body)
        }),
        ("wrapped", "two Security headers, the good one last", |good| {
            good.with(&format!("<wsse:Security xmlns:wsse='{WSSE}'></wsse:Security>{0}", good.security), &good.body)
        }),
        ("wrapped", "a Security header in a wrapper besides", |good| {
            good.with(&format!("{0}<w>{0}</w>", good.security), &good.body)
        }),
        ("wrapped", "a second Signature in a wrapper in the Header", |good| {
            good.with(&format!("{}<w><ds:Signature xmlns:ds='{DS}'></ds:Signature></w>", good.security), &good.body)
        }),
        ("unsigned", "Security header in a wrapper only", |good| {
            good.with(&format!("<w>{}</w>", good.security), &good.body)
        }),
        ("unsigned", "Security header inside the Body", |good| {
            good.with("", &good.body.replace("<request>", &good.security)).replace("</request>", "")
        }),
        ("unsigned", "no Signature in the Security header", |good| {
            good.with(&format!("<wsse:Security xmlns:wsse='{WSSE}'></wsse:Security>"), &good.body)
        }),
        ("unsigned", "no Header", |good| good.with("", &good.body).replace("<soapenv:Header></soapenv:Header>", "")),
        ("not_an_envelope", "Header after Body", |good| {
            format!(
                "<s:Envelope xmlns:s='{SOAP_11}' xmlns:soapenv='{SOAP_11}'>{}<s:Header>{}</s:Header></s:Envelope>",
                good.body, good.security
            )
        }),
        ("not_an_envelope", "an element after the Body", |good| {
            good.with(&good.security, &format!("{}<x></x>", good.body))
        }),
        ("not_an_envelope", "another root", |good| {
            good.with(&good.security, &good.body).replace("soapenv:Envelope", "soapenv:Letter")
        }),
        ("not_an_envelope", "Envelope of another namespace", |_| {
            "<Envelope xmlns='u:x'><Header/><Body/></Envelope>".to_owned()
        }),
    ]);
}

#[test]
fn a_wsu_id_that_is_there_twice_is_refused() {
    check(&[
        ("duplicate_id", "the id on an element before the Body", |good| {
            good.with(&format!("{}<x xmlns:wsu='{WSU}' wsu:Id='{}'></x>", good.security, body_id()), &good.body)
        }),
        ("duplicate_id", "the id on an element inside the Body", |good| {
            good.body("<request>", &format!("<request wsu:Id='{}'>", body_id()))
        }),
        ("duplicate_id", "the id without namespace on a decoy, as wsu:Id on the Body", |good| {
            good.with(&format!("{}<x Id='{}'></x>", good.security, body_id()), &good.body)
        }),
        ("duplicate_id", "the id as xml:id on a decoy", |good| {
            good.with(&format!("{}<x xml:id='{}'></x>", good.security, body_id()), &good.body)
        }),
        ("duplicate_id", "the id as foreign ID on a decoy", |good| {
            good.with(&format!("<x xmlns:e='u:e' e:ID='{}'></x>{}", body_id(), good.security), &good.body)
        }),
        ("not_the_body", "the Body has lost its id and a decoy has it", |good| {
            let body = good.body.replace("wsu:Id", "wsu:Was");
            good.with(&format!("{}<x id='{}'></x>", good.security, body_id()), &body)
        }),
        ("not_the_body", "nobody has the id", |good| good.body("wsu:Id", "wsu:Was")),
        ("not_the_body", "the Body has the id in a foreign namespace", |good| {
            good.body(" wsu:Id=", " xmlns:e=\"u:e\" e:Id=")
        }),
        ("not_the_body", "reference to an element other than the Body", |good| {
            good.resigned("signer-rsa", &format!("URI=\"#{}\"", body_id()), "URI=\"#key\"")
                .replace("<ds:KeyInfo>", "<ds:KeyInfo Id=\"key\">")
        }),
        ("digest", "the Body takes an un-namespaced id that was not signed", |good| good.body("wsu:Id", "Id")),
        ("ok", "two business attributes id with one value", |_| {
            wsse::envelope("<a id=\"1\"></a><b id=\"1\"></b>", body_id(), &signer("signer-rsa")).unwrap()
        }),
        ("ok", "un-namespaced Id on the Body, as some clients write it", |good| resigned_body(good, "wsu:Id", "Id")),
    ]);
}

/// The Body changed before its digest is taken and signed.
fn resigned_body(good: &Good, from: &str, to: &str) -> String {
    let body = good.body.replace(from, to);
    let whole = good.with("", &body);
    let tree = Document::parse(&whole).unwrap();
    let mut digest = Sha256::new();
    c14n::exclusive(document::child(tree.root_element(), "Body").unwrap(), &[], &mut digest);
    let changed = Good { security: good.security.clone(), body };
    changed.resigned("signer-rsa", good.digest_value(), &STANDARD.encode(digest.finish()))
}

#[test]
fn transforms_references_and_algorithms() {
    check(&[
        ("foreign_transform", "an XPath transform that drops the payload", |good| {
            good.resigned(
                "signer-rsa",
                "</ds:Transforms>",
                "<ds:Transform Algorithm='http://www.w3.org/TR/1999/REC-xpath-19991116'><ds:XPath>false()</ds:XPath></ds:Transform></ds:Transforms>",
            )
        }),
        ("foreign_transform", "enveloped-signature before the canonicalisation", |good| {
            good.resigned(
                "signer-rsa",
                "<ds:Transforms>",
                "<ds:Transforms><ds:Transform Algorithm='http://www.w3.org/2000/09/xmldsig#enveloped-signature'></ds:Transform>",
            )
        }),
        ("foreign_transform", "no transform", |good| {
            good.resigned("signer-rsa", &format!("<ds:Transform Algorithm=\"{EXC}\"></ds:Transform>"), "")
        }),
        ("foreign_transform", "inclusive canonicalisation of the Body", |good| {
            good.resigned(
                "signer-rsa",
                &format!("<ds:Transform Algorithm=\"{EXC}\">"),
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">",
            )
        }),
        ("foreign_transform", "canonicalisation with comments", |good| {
            good.resigned(
                "signer-rsa",
                &format!("<ds:Transform Algorithm=\"{EXC}\">"),
                &format!("<ds:Transform Algorithm=\"{EXC}WithComments\">"),
            )
        }),
        ("foreign_transform", "a PrefixList with something in it", |good| {
            good.resigned("signer-rsa", "</ds:Transform>", &format!("<ec:InclusiveNamespaces xmlns:ec='{EXC}' PrefixList='soapenv'></ec:InclusiveNamespaces></ds:Transform>"))
        }),
        ("ok", "a PrefixList with nothing in it, as one client writes it", |good| {
            good.resigned(
                "signer-rsa",
                "</ds:Transform>",
                &format!(
                    "<ec:InclusiveNamespaces xmlns:ec='{EXC}' PrefixList=''></ec:InclusiveNamespaces></ds:Transform>"
                ),
            )
        }),
        ("canonicalization", "inclusive canonicalisation of SignedInfo", |good| {
            good.resigned(
                "signer-rsa",
                &format!("<ds:CanonicalizationMethod Algorithm=\"{EXC}\">"),
                "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">",
            )
        }),
        ("canonicalization", "SignedInfo with a PrefixList", |good| {
            good.resigned("signer-rsa", "</ds:CanonicalizationMethod>", &format!("<ec:InclusiveNamespaces xmlns:ec='{EXC}' PrefixList='#default'></ec:InclusiveNamespaces></ds:CanonicalizationMethod>"))
        }),
        ("algorithm", "rsa-sha1", |good| good.security("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")),
        ("algorithm", "hmac-sha256 with the public key as secret", |good| {
            good.resigned("signer-rsa", "xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256")
        }),
        ("algorithm", "ecdsa-sha256 with an RSA certificate", |good| {
            good.resigned("signer-rsa", "xmldsig-more#rsa-sha256", "xmldsig-more#ecdsa-sha256")
        }),
        ("algorithm", "a parameter in SignatureMethod", |good| {
            good.resigned(
                "signer-rsa",
                "</ds:SignatureMethod>",
                "<ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>",
            )
        }),
        ("algorithm", "sha1 as digest", |good| {
            good.resigned(
                "signer-rsa",
                "http://www.w3.org/2001/04/xmlenc#sha256",
                "http://www.w3.org/2000/09/xmldsig#sha1",
            )
        }),
        ("reference", "empty URI", |good| good.resigned("signer-rsa", &format!("URI=\"#{}\"", body_id()), "URI=\"\"")),
        ("reference", "no URI", |good| good.resigned("signer-rsa", &format!(" URI=\"#{}\"", body_id()), "")),
        ("reference", "empty fragment", |good| {
            good.resigned("signer-rsa", &format!("URI=\"#{}\"", body_id()), "URI=\"#\"")
        }),
        ("reference", "a file", |good| {
            good.resigned("signer-rsa", &format!("URI=\"#{}\"", body_id()), "URI=\"Cargo.toml\"")
        }),
        ("not_the_body", "an XPointer", |good| {
            good.resigned("signer-rsa", &format!("URI=\"#{}\"", body_id()), "URI=\"#xpointer(/)\"")
        }),
        ("reference", "two References", |good| {
            let start = good.security.find("<ds:Reference").unwrap();
            let end = good.security.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
            let reference = good.security[start..end].to_owned();
            good.resigned("signer-rsa", &reference, &format!("{reference}{reference}"))
        }),
        ("reference", "no Reference", |good| {
            let start = good.security.find("<ds:Reference").unwrap();
            let end = good.security.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
            let reference = good.security[start..end].to_owned();
            good.resigned("signer-rsa", &reference, "")
        }),
        ("shape", "an Object in the Signature", |good| {
            good.security("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>")
        }),
        ("shape", "two SignedInfo", |good| {
            good.security("<ds:SignatureValue>", "<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue>")
        }),
        ("shape", "a digest that is not base64", |good| good.security("<ds:DigestValue>", "<ds:DigestValue>?")),
        ("not_understood", "an unknown header that must be understood", |good| {
            good.with(&format!("{}<x soapenv:mustUnderstand='1'></x>", good.security), &good.body)
        }),
        ("ok", "an unknown header that need not be", |good| {
            good.with(&format!("{}<x soapenv:mustUnderstand='0'></x>", good.security), &good.body)
        }),
    ]);
}

#[test]
fn changed_content_and_unpinned_keys_are_refused() {
    check(&[
        ("ok", "untouched", |good| good.with(&good.security, &good.body)),
        ("digest", "one digit of the Body changed", |good| good.body("991231500006", "991231600004")),
        ("digest", "white space added to the Body", |good| good.body("<request>", "<request> ")),
        ("digest", "an attribute added to the Body", |good| good.body("<request>", "<request a=''>")),
        ("ok", "an unused namespace declared on the Body: not signed, and not seen", |good| {
            good.body("<request>", "<request xmlns:unused='u:u'>")
        }),
        ("digest", "the digest of another Body", |good| {
            let other = STANDARD.encode(Sha256::of(b"other"));
            good.security(good.digest_value(), &other)
        }),
        ("signature", "white space added to SignedInfo", |good| {
            good.security("<ds:SignatureMethod", "\n<ds:SignatureMethod")
        }),
        ("ok", "white space added outside SignedInfo", |good| good.security("<ds:KeyInfo>", "\n<ds:KeyInfo>\n")),
        ("ok", "base64 folded into lines", |good| good.security("<ds:SignatureValue>", "<ds:SignatureValue>\n ")),
        ("signature", "Body and its digest changed, signature kept", |good| {
            let body = good.body.replace("991231500006", "991231600004");
            let digest = STANDARD.encode(Sha256::of(body.as_bytes()));
            good.with(&good.security.replace(good.digest_value(), &digest), &body)
        }),
        ("signature", "an empty signature", |good| {
            let (before, rest) = good.security.split_once("<ds:SignatureValue>").unwrap();
            let (_, after) = rest.split_once('<').unwrap();
            good.with(&format!("{before}<ds:SignatureValue><{after}"), &good.body)
        }),
        ("wrong_signer", "everything signed anew by a rogue with his own certificate", |_| {
            wsse::envelope(CONTENT, body_id(), &signer("signer-rogue")).unwrap()
        }),
        ("signature", "the pinned certificate named, the rogue's signature", |good| {
            good.resigned("signer-rogue", "<ds:KeyInfo>", "<ds:KeyInfo>")
        }),
        ("signature", "the rogue names himself by the pinned issuer and serial number", |_| {
            let layout = Layout { key_info: wsse::KeyInfo::IssuerSerial, ..Layout::request(body_id()) };
            wsse::envelope_with(CONTENT, &layout, &signer("signer-rogue")).unwrap()
        }),
        ("wrong_signer", "a pinned kind of key, not the pinned certificate", |_| {
            wsse::envelope(CONTENT, body_id(), &signer("signer-p256")).unwrap()
        }),
        ("wrong_signer", "issuer and serial number of somebody else", |_| {
            let layout = Layout { key_info: wsse::KeyInfo::IssuerSerial, ..Layout::request(body_id()) };
            wsse::envelope_with(CONTENT, &layout, &signer("signer-p256")).unwrap()
        }),
        ("key_info", "no KeyInfo", |good| {
            let (before, rest) = good.security.split_once("<ds:KeyInfo>").unwrap();
            let (_, after) = rest.split_once("</ds:KeyInfo>").unwrap();
            good.with(&format!("{before}{after}"), &good.body)
        }),
        ("no_certificate", "an empty KeyIdentifier", |good| good.identified(|_| String::new())),
        ("no_certificate", "the base64 of base64", |good| good.identified(|base64| STANDARD.encode(base64))),
        ("no_certificate", "PEM armour around it", |good| {
            good.identified(|base64| {
                let words = ["BEGIN", "END"].map(|word| format!("-----{word} CERTIFICATE-----"));
                format!("{}\n{base64}\n{}", words[0], words[1])
            })
        }),
        ("no_certificate", "a thumbprint", |good| {
            good.identified(|base64| STANDARD.encode(&Sha256::of(base64.as_bytes())[..20]))
        }),
        ("ok", "folded lines with the other system's ends", |good| {
            good.identified(|base64| {
                base64
                    .as_bytes()
                    .chunks(64)
                    .map(|line| String::from_utf8_lossy(line))
                    .collect::<Vec<_>>()
                    .join("&#13;\n")
            })
        }),
        ("issuer_name", "an issuer with an attribute that nobody knows", |_| {
            let layout = Layout { key_info: wsse::KeyInfo::IssuerSerial, ..Layout::request(body_id()) };
            let envelope = wsse::envelope_with(CONTENT, &layout, &signer("signer-rsa")).unwrap();
            envelope.replace("<ds:X509IssuerName>", "<ds:X509IssuerName>UNDEF=x,")
        }),
        ("key_info", "a raw key instead of a certificate", |good| good.security("wsse:KeyIdentifier", "ds:KeyValue")),
        ("ok", "comments inside signed text: not signed, and read around", |good| {
            good.body("991231500006", "99123<!-- x -->1500006")
        }),
    ]);
}

#[test]
fn text_is_read_around_comments() {
    let commented = Good::new().body("991231500006", "99123<!-- x -->1500006");
    let document = Document::parse(&commented).unwrap();
    let verified = wsse::verify(&document, &pinned(&["signer-rsa"]), NOW).unwrap();
    let iin = verified.node().descendants().find(|node| node.tag_name().name() == "iin").unwrap();
    assert_eq!(document::text(iin), "991231500006");
}

#[test]
fn a_business_signature_inside_the_body_is_content() {
    let content =
        format!("<data><ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo></ds:SignedInfo></ds:Signature></data>");
    let envelope = wsse::envelope(&content, body_id(), &signer("signer-rsa")).unwrap();
    assert_eq!(judge(&envelope, &["signer-rsa"]), Ok(()));
}

#[test]
fn refusals_repeat_nothing_of_the_message() {
    let envelope = Good::new().body("ТЕСТОВ", "ДРУГОЙ");
    let document = Document::parse(&envelope).unwrap();
    let refused = wsse::verify(&document, &pinned(&["signer-rsa"]), NOW).unwrap_err();
    assert_eq!(refused.to_string(), "the body is not the one that was signed");
}
