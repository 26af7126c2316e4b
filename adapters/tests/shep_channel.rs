//! The synchronous channel from both sides: what one writes the other reads, and what neither takes.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use jiff::Timestamp;
use qaqpa_adapters::codec::{Codec, Fills, Limits};
use qaqpa_adapters::shep::SYNC_TYPES;
use qaqpa_adapters::shep::sync::{
    self, ErrorInfo, Fault, Password, Property, Reply, RequestInfo, ResponseInfo, Shape, Status, SyncProblem,
    Unwritable,
};
use qaqpa_adapters::soap::Envelope;
use qaqpa_adapters::wsse;
use qaqpa_adapters::xml::{Document, c14n};
use qaqpa_proto::Contract;
use qaqpa_proto::v1::Payload;

const SESSION: &str = "{f0774397-4fcd-484a-9434-f71535ee4326}";

fn date() -> Timestamp {
    "2026-03-02T05:15:30.120Z".parse().unwrap()
}

fn request_info() -> RequestInfo {
    RequestInfo {
        message_id: "m<1>".into(),
        correlation_id: Some("c".into()),
        service_id: "S".into(),
        message_date: date(),
        route_id: Some("r".into()),
        sender_id: "demo_sender".into(),
        password: Some(Password::new(" p&ss ")),
        properties: vec![
            Property { key: "CONNECTOR_CLIENT".into(), value: "true".into() },
            Property { key: "empty".into(), value: String::new() },
        ],
        session_id: Some(SESSION.into()),
    }
}

fn response_info() -> ResponseInfo {
    ResponseInfo {
        message_id: "theirs".into(),
        correlation_id: Some("m<1>".into()),
        response_date: date(),
        status: Status { code: "SCSS001".into(), message: "done".into() },
        session_id: Some(SESSION.into()),
    }
}

#[test]
fn a_request_has_the_order_of_the_schema() {
    assert_eq!(
        sync::write_request(&request_info(), Shape::Root, "<b></b>").unwrap(),
        format!(
            "<typ:SendMessage xmlns:typ=\"{SYNC_TYPES}\"><request><requestInfo><messageId>m&lt;1&gt;</messageId>\
             <correlationId>c</correlationId><serviceId>S</serviceId><messageDate>2026-03-02T10:15:30.120+05:00</messageDate>\
             <routeId>r</routeId><sender><senderId>demo_sender</senderId><password> p&amp;ss </password></sender>\
             <properties><key>CONNECTOR_CLIENT</key><value>true</value></properties><properties><key>empty</key><value></value>\
             </properties><sessionId>{SESSION}</sessionId></requestInfo><requestData><data><b></b></data></requestData>\
             </request></typ:SendMessage>"
        )
    );
}

#[test]
fn what_is_written_is_read_in_every_shape() {
    let contract = Contract::embedded().unwrap();
    let wire = b"\x12\x0c990140000007";
    let fills = Fills {
        request_id: Some("m<1>"),
        request_date: Some(date()),
        requestor_bin: Some("990140000007"),
        operator_bin: Some("990140000007"),
        sender_code: Some("demo_sender"),
    };
    for (payload, canonical) in
        [(Payload::Root, true), (Payload::Children, true), (Payload::XsiType, false), (Payload::Escaped, false)]
    {
        let mut operation = contract.operation("/qaqpa.avtoshkola.v1.Training/GetSchool").unwrap().clone();
        operation.payload = payload;
        let codec = Codec::compile(&contract, &operation).unwrap();
        let mut fragment = String::new();
        codec.write_request(wire, &fills, &mut fragment).unwrap();
        let shape = Shape::of_request(&operation);
        let body = sync::write_request(&request_info(), shape, &fragment).unwrap();
        let envelope = wsse::envelope_unsigned(&body);
        let document = Document::parse(&envelope).unwrap();
        let found = Envelope::read(&document).unwrap();

        let mut octets = String::new();
        c14n::exclusive(found.content().unwrap(), &[], &mut octets);
        assert_eq!((octets == body, shape.is_canonical()), (canonical, canonical), "{payload:?}");

        let received = sync::read_request(found.body()).unwrap();
        assert_eq!(received.info, request_info(), "{payload:?}");
        let read = received
            .data
            .unwrap()
            .with_root(codec.request().root(), |root| codec.read_request(root, &Limits::default()))
            .unwrap()
            .unwrap();
        assert_eq!((read.wire.as_slice(), read.drift.is_none()), (&wire[..], true), "{payload:?}");
        assert_eq!(read.filled.first().unwrap().1, "m<1>", "{payload:?}");
    }
}

#[test]
fn an_answer_comes_back() {
    let body = sync::write_reply(&response_info(), Some((Shape::Root, "<r></r>"))).unwrap();
    let envelope = wsse::envelope_unsigned(&body);
    let document = Document::parse(&envelope).unwrap();
    let reply = sync::read_reply(Envelope::read(&document).unwrap().body()).unwrap();
    let Reply::Response { info, data: Some(data) } = reply else { panic!("not a response with data") };
    assert_eq!(info, response_info());
    assert_eq!(data.with_root("r", |root| root.tag_name().name().to_owned()).as_deref(), Ok("r"));
    assert!(!format!("{info:?}").contains("done"), "status texts may name a person");
}

#[test]
fn a_fault_comes_back_with_its_inner_errors() {
    let nested = |depth: usize| {
        (0..depth).fold(None, |sub: Option<ErrorInfo>, level| {
            Some(ErrorInfo {
                code: format!("SCE00{level}"),
                message: "no".into(),
                data: Some("why".into()),
                date: Some(date()),
                sub: sub.map(Box::new),
                session_id: Some(SESSION.into()),
            })
        })
    };
    for depth in 0..=9 {
        let fault = Fault { code: "Server".into(), text: "no <such> thing".into(), error: nested(depth) };
        let envelope = wsse::envelope_unsigned(&sync::write_fault(&fault).unwrap());
        let document = Document::parse(&envelope).unwrap();
        let reply = sync::read_reply(Envelope::read(&document).unwrap().body()).unwrap();
        let Reply::Fault(found) = reply else { panic!("not a fault") };
        assert!(found == fault, "depth {depth}");
        assert!(!format!("{found:?}").contains("why"), "texts may name a person");
    }
    let too_deep = Fault { code: "Server".into(), text: String::new(), error: nested(10) };
    assert_eq!(sync::write_fault(&too_deep), Err(Unwritable::TooDeep(8)));
}

#[test]
fn a_fault_deeper_than_eight_is_cut_and_not_followed() {
    let mut error = "<errorCode>deepest</errorCode>".to_owned();
    for level in (0..40).rev() {
        error = format!("<errorCode>{level}</errorCode><subError>{error}</subError>");
    }
    let soap = qaqpa_adapters::soap::SOAP_1_1;
    let source = format!("<b><s:Fault xmlns:s='{soap}'><detail><f>{error}</f></detail></s:Fault></b>");
    let document = Document::parse(&source).unwrap();
    let Ok(Reply::Fault(fault)) = sync::read_reply(document.root_element()) else { panic!("not a fault") };
    let depth = std::iter::successors(fault.error.as_ref(), |error| error.sub.as_deref()).count();
    assert_eq!(depth, 9);
}

#[test]
fn what_the_schema_has_no_room_for_is_not_written() {
    let property = |key: &str, value: &str| RequestInfo {
        properties: vec![Property { key: key.into(), value: value.into() }],
        ..request_info()
    };
    for (wanted, info) in [
        (None, property(&"ққ".repeat(15), &"v".repeat(500))),
        (Some(Unwritable::TooLong { element: "key", limit: 30 }), property(&"k".repeat(31), "v")),
        (Some(Unwritable::TooLong { element: "value", limit: 500 }), property("k", &"v".repeat(501))),
        (Some(Unwritable::SessionId), RequestInfo { session_id: Some("1".into()), ..request_info() }),
        (Some(Unwritable::IllegalCharacter("messageId")), RequestInfo { message_id: "\u{1}".into(), ..request_info() }),
        (
            Some(Unwritable::IllegalCharacter("password")),
            RequestInfo { password: Some(Password::new("\0")), ..request_info() },
        ),
    ] {
        assert_eq!(sync::write_request(&info, Shape::Root, "").err(), wanted);
    }
    let status = Status { code: "S".into(), message: "m".repeat(251) };
    let found = sync::write_reply(&ResponseInfo { status, ..response_info() }, None);
    assert_eq!(found, Err(Unwritable::TooLong { element: "message", limit: 250 }));
}

#[test]
fn what_is_no_answer_is_refused() {
    let info =
        "<messageId>m</messageId><responseDate>2026-03-02T10:15:31Z</responseDate><status><code>S</code></status>";
    let in_response =
        |inside: &str| format!("<t:SendMessageResponse xmlns:t='{SYNC_TYPES}'>{inside}</t:SendMessageResponse>");
    let in_info = |inside: &str| in_response(&format!("<response><responseInfo>{inside}</responseInfo></response>"));
    let nil = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'";
    for (wanted, content) in [
        (None, in_info(info)),
        (None, in_info(&format!("{info}<correlationId/><sessionId/>"))),
        (Some(SyncProblem::Other("SendMessageResponse")), String::new()),
        (Some(SyncProblem::Namespace("SendMessageResponse")), in_info(info).replace(SYNC_TYPES, "urn:x")),
        (Some(SyncProblem::Missing("response")), in_response("")),
        (Some(SyncProblem::Nil("response")), in_response(&format!("<response {nil}/>"))),
        (Some(SyncProblem::Missing("responseInfo")), in_response("<response/>")),
        (Some(SyncProblem::Missing("messageId")), in_info(&info.replace("messageId", "id"))),
        (Some(SyncProblem::Missing("status")), in_info(&info.replace("status", "state"))),
        (Some(SyncProblem::Value("responseDate")), in_info(&info.replace("2026-03-02T", "today "))),
        (
            Some(SyncProblem::Repeated("messageId")),
            in_info(&format!("{info}<x:messageId xmlns:x='urn:x'>n</x:messageId>")),
        ),
        (Some(SyncProblem::Repeated("response")), in_response("<response/><response/>")),
    ] {
        let source = format!("<body>{content}</body>");
        let document = Document::parse(&source).unwrap();
        assert_eq!(sync::read_reply(document.root_element()).err(), wanted, "{content}");
    }
}

#[test]
fn a_request_is_read_as_clients_write_it() {
    let sender = "<sender><senderId>s</senderId></sender>";
    let required =
        "<messageId>m</messageId><serviceId>S</serviceId><messageDate>2026-03-02T10:15:31+0600</messageDate>";
    for (wanted, info) in [
        (Ok(0), format!("{required}{sender}")),
        (Ok(0), format!("{required}{sender}<properties/><routeId/>")),
        (Ok(1), format!("{required}{sender}<properties><key>k</key></properties><sessionId>1</sessionId>")),
        (Err(SyncProblem::Missing("sender")), required.to_owned()),
        (Err(SyncProblem::Missing("key")), format!("{required}{sender}<properties><value>v</value></properties>")),
        (Err(SyncProblem::Repeated("sender")), format!("{required}{sender}{sender}")),
    ] {
        let source = format!(
            "<b><SendMessage xmlns='{SYNC_TYPES}'><request xmlns=''><requestInfo>{info}</requestInfo></request></SendMessage></b>"
        );
        let document = Document::parse(&source).unwrap();
        let found = sync::read_request(document.root_element());
        assert_eq!(found.map(|received| received.info.properties.len()), wanted, "{info}");
    }
    for (wanted, message) in [
        (SyncProblem::Other("SendMessage"), "<Other/>".to_owned()),
        (SyncProblem::Namespace("SendMessage"), "<SendMessage><request/></SendMessage>".to_owned()),
        (SyncProblem::Namespace("SendMessage"), format!("<sendMessage xmlns='{SYNC_TYPES}'/>")),
        // As a generator writes it that takes the schema for one with elementFormDefault="qualified".
        (SyncProblem::Qualified("request"), format!("<SendMessage xmlns='{SYNC_TYPES}'><request/></SendMessage>")),
        (
            SyncProblem::Qualified("sender"),
            format!(
                "<SendMessage xmlns='{SYNC_TYPES}'><request xmlns=''><requestInfo>{required}\
                 <sender xmlns='{SYNC_TYPES}'/></requestInfo></request></SendMessage>"
            ),
        ),
    ] {
        let source = format!("<b>{message}</b>");
        let document = Document::parse(&source).unwrap();
        assert_eq!(sync::read_request(document.root_element()).err(), Some(wanted), "{message}");
    }
    let told = SyncProblem::Namespace("SendMessage").to_string();
    assert!(told.contains(SYNC_TYPES), "{told}");
}
