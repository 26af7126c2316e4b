//! The seam between corridor and SHEP: what is sent, and everything that keeps a reply from being an answer.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "wsse_signers/mod.rs"]
mod wsse_signers;

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use qaqpa_adapters::codec::{Codec, Limits};
use qaqpa_adapters::shep::sync::{self, AnsweredBy, Fault, ResponseInfo, Shape, write_fault, write_reply};
use qaqpa_adapters::shep::{
    Channel, Expected, Message, NoAnswer, NotDecoded, NotVerified, Password, Sender, Sent, Signed, Status,
};
use qaqpa_adapters::wsse::{self, Layout, NotSigned, Security};
use qaqpa_proto::{Contract, Operation, v1};
use wsse_signers::{CONTENT, NOW, body_id, pinned, signer};

const SENT: Sent<'_> = Sent { message_id: "m-1", correlation_id: None };
const XML: &str = "text/xml; charset=utf-8";
/// A reply of the contract whose head answers the request `r-2`.
const WIRE: &[u8] =
    b"\x12\x35\x0a\x03r-2\x12\x1d2026-03-02T10:15:31.004+05:00\x1a\x0f\x0a\x0500000\x12\x02ok\x1a\x02ok";

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::embedded().unwrap());

fn operation() -> &'static Operation {
    CONTRACT.operation("/qaqpa.avtoshkola.v1.Training/SubmitGroup").unwrap()
}

fn security() -> Security {
    Security::new(Box::new(signer("signer-rsa")), pinned(&["signer-p256"]))
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn message(document: &str) -> Result<Signed, NotSigned> {
    let sender = Sender { id: "demo_sender".into(), password: Password::new("demo_password") };
    let message = Message { id: "m-1", date: now(), sender: &sender, document };
    Channel::Sync.write(operation(), &message).unwrap().sign(&security(), body_id())
}

/// What the state would answer, signed by the pinned signer.
fn reply(message: &str, correlation: Option<&str>, code: &str, seconds: i64) -> String {
    let mut document = String::new();
    Codec::compile(&CONTRACT, operation()).unwrap().write_reply(WIRE, &mut document).unwrap();
    content(message, correlation, code, seconds, Some(&document))
}

fn content(message: &str, correlation: Option<&str>, code: &str, seconds: i64, document: Option<&str>) -> String {
    let info = ResponseInfo {
        message_id: message.into(),
        correlation_id: correlation.map(str::to_owned),
        response_date: now() + SignedDuration::from_secs(seconds),
        status: Status { code: code.into(), message: "a person's name".into() },
        session_id: None,
    };
    write_reply(&info, document.map(|document| (Shape::of_reply(operation()), document))).unwrap()
}

fn signed(content: &str) -> String {
    wsse::envelope_parsed(content, &Layout::request(body_id()), &signer("signer-p256")).unwrap()
}

/// How far a reply comes, and what holds it up.
fn outcome(body: &str, content_type: &str, sent: Sent<'_>) -> Result<AnsweredBy, String> {
    let channel = Channel::of(operation()).unwrap();
    let text = channel.text(body.as_bytes(), content_type).map_err(|why| format!("unreadable {}", why.code()))?;
    let document = text.document().map_err(|why| format!("unreadable {}", why.code()))?;
    let verified = document.verified(&security(), NOW).map_err(|why| match why {
        NotVerified::NotAuthentic(why) => format!("not authentic {}", why.code()),
        NotVerified::Fault(fault) => format!("unsigned fault {}", fault.stated_code()),
    })?;
    let codec = Codec::compile(&CONTRACT, operation()).unwrap();
    let window = SignedDuration::from_mins(5);
    let expected = Expected { operation: operation(), codec: &codec, limits: &Limits::default(), window };
    let answered = verified.answered(sent, &expected, now()).map_err(|why| match why {
        NoAnswer::Malformed(why) => format!("malformed {why}"),
        NoAnswer::Fault(fault) => format!("fault {}", fault.stated_code()),
        NoAnswer::NotOurs(why) => format!("not ours {}", why.code()),
        NoAnswer::Status(status) => format!("status {}", status.code),
    })?;
    let by = answered.by();
    let decoded = answered.decoded().map_err(|why| match why {
        NotDecoded::NoData => "no data".to_owned(),
        NotDecoded::Data(why) => format!("data: {why}"),
        NotDecoded::Document(why) => format!("document: {why}"),
    })?;
    assert_eq!((decoded.business(), decoded.status().code.as_str()), (Some("00000"), "SCSS001"));
    Ok(by)
}

#[test]
fn a_reply_is_an_answer_when_every_step_says_so() {
    let fault = Fault { code: "Server".into(), text: "a person's name".into(), error: None };
    let fault = write_fault(&fault).unwrap();
    let to_r_2 = Sent { message_id: "r-2", correlation_id: None };
    let sync = sync::SyncProblem::Other("SendMessageResponse");
    let answer = || reply("theirs", Some("m-1"), "SCSS001", 0);
    for (wanted, body, content_type, sent) in [
        (Ok(AnsweredBy::CorrelationId), signed(&answer()), XML, SENT),
        (Ok(AnsweredBy::MessageId), signed(&reply("m-1", None, "SCSS001", 300)), XML, SENT),
        (Ok(AnsweredBy::BusinessHead), signed(&reply("theirs", None, "SCSS001", -300)), "Application/XML", to_r_2),
        (Err("unreadable content_type".into()), signed(&answer()), "text/html", SENT),
        (Ok(AnsweredBy::CorrelationId), signed(&answer()), "", SENT),
        (Err("unreadable encoding".into()), signed(&answer()), "text/xml; charset=klingon", SENT),
        (Err("unreadable dtd".into()), "<!DOCTYPE a><a/>".into(), XML, SENT),
        (Err("not authentic unsigned".into()), wsse::envelope_unsigned(&answer()), XML, SENT),
        (Err("not authentic digest".into()), signed(&answer()).replace("theirs", "thairs"), XML, SENT),
        (Err("unsigned fault Server".into()), wsse::envelope_unsigned(&fault), XML, SENT),
        (Err("fault Server".into()), signed(&fault), XML, SENT),
        (Err(format!("malformed {sync}")), signed(CONTENT), XML, SENT),
        (Err("not ours other_message".into()), signed(&reply("m-1", Some("m-2"), "SCSS001", 0)), XML, SENT),
        (Err("not ours other_message".into()), signed(&reply("theirs", None, "SCSS001", 0)), XML, SENT),
        (Err("not ours unattributed".into()), signed(&content("theirs", None, "SCSS001", 0, None)), XML, SENT),
        (Err("not ours too_old".into()), signed(&reply("theirs", Some("m-1"), "SCSS001", -301)), XML, SENT),
        (Err("not ours future".into()), signed(&reply("theirs", Some("m-1"), "SCSS001", 301)), XML, SENT),
        (Err("status SCSE003".into()), signed(&reply("theirs", Some("m-1"), "SCSE003", 0)), XML, SENT),
        (Err("no data".into()), signed(&content("theirs", Some("m-1"), "SCSS001", 0, None)), XML, SENT),
    ] {
        assert_eq!(outcome(&body, content_type, sent), wanted, "{body}");
    }
}

#[test]
fn what_is_sent_is_signed_and_says_what_an_answer_must_name() {
    let signed = message("<iin>991231500006</iin>").unwrap();
    assert_eq!(signed.sent().message_id, "m-1");
    assert_eq!(signed.algorithm(), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    assert_eq!(signed.headers(), [("content-type", "text/xml; charset=utf-8"), ("soapaction", "\"\"")]);
    assert!(signed.envelope().contains("<messageId>m-1</messageId>"));
    assert!(!format!("{signed:?}").contains("991231500006"));
}

#[test]
fn a_channel_that_is_not_served_is_refused_with_the_operation() {
    let asynchronous = Operation { channel: v1::Channel::Async, ..operation().clone() };
    assert_eq!(
        Channel::of(&asynchronous).unwrap_err().to_string(),
        "channel.not_served: operation `/qaqpa.avtoshkola.v1.Training/SubmitGroup` is answered on SHEP's channel ASYNC, \
         which this version does not serve"
    );
}
