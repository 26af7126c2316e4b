//! Every recorded sample, read: what each is, and what it says.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use qaqpa_adapters::shep::sync::{self, DataProblem, Reply, SyncProblem};
use qaqpa_adapters::shep::{SYNC_TYPES, status};
use qaqpa_adapters::soap::{Envelope, SOAP_1_1, SoapError};
use qaqpa_adapters::xml::{Document, document, text};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../tests/samples/", $name))
    };
}

/// One line about a document that arrives as an answer.
fn as_answer(source: &str) -> String {
    let source = text::normalise(source);
    let document = Document::parse(&source).unwrap();
    let envelope = match Envelope::read(&document) {
        Ok(envelope) => envelope,
        Err(error) => return error.to_string(),
    };
    match sync::read_reply(envelope.body()) {
        Err(error) => error.to_string(),
        Ok(Reply::Fault(fault)) => {
            let code = fault.error.as_ref().map(|error| error.code.as_str()).unwrap_or_default();
            format!("fault {} {code} {:?}", fault.code, status::class(code))
        }
        Ok(Reply::Response { info, data }) => {
            let data = data.map(|data| data.with_root("response", first_names));
            format!("{} {:?} {:?} {data:?}", info.status.code, info.correlation_id.is_some(), info.session_id.is_some())
        }
    }
}

/// The node's own name and the names of its first three child elements.
fn first_names(root: roxmltree::Node<'_, '_>) -> String {
    let names: Vec<_> = document::elements(root).take(3).map(|node| node.tag_name().name()).collect();
    format!("{}: {}", root.tag_name().name(), names.join(" "))
}

#[test]
fn every_sample_is_what_it_says() {
    let no_answer = SyncProblem::Other("SendMessageResponse").to_string();
    let of_another_channel = SyncProblem::Namespace("SendMessageResponse").to_string();
    let no_envelope = SoapError::NotEnvelope.to_string();
    for (wanted, name, source) in [
        (
            "SCSS001 true true Some(Ok(\"data: messageId messageDate requestId\"))",
            "sync-response-gbdfl-ok",
            sample!("sync-response-gbdfl-ok.xml"),
        ),
        (
            "Success false true Some(Ok(\"response: requestNumber status\"))",
            "sync-response-weird-real-shape",
            sample!("sync-response-weird-real-shape.xml"),
        ),
        ("fault Server SCE006 SignatureInvalid", "sync-fault", sample!("sync-fault.xml")),
        (&no_answer, "sync-request-gbdfl", sample!("sync-request-gbdfl.xml")),
        (&no_answer, "async-send-request", sample!("async-send-request.xml")),
        (&of_another_channel, "async-send-response", sample!("async-send-response.xml")),
        (&no_envelope, "aisas-submit-group", sample!("aisas-submit-group.RECON.xml")),
        (&no_envelope, "eds-temp-upload-data", sample!("eds-temp-upload-data.xml")),
        (&no_envelope, "kdp-request-data", sample!("kdp-request-data.xml")),
        (&no_envelope, "kdp-response-data", sample!("kdp-response-data.xml")),
    ] {
        assert_eq!(as_answer(source), wanted, "{name}");
    }
}

#[test]
fn the_weird_real_answer_is_understood_to_the_end() {
    let source = text::normalise(sample!("sync-response-weird-real-shape.xml"));
    let document = Document::parse(&source).unwrap();
    let reply = sync::read_reply(Envelope::read(&document).unwrap().body()).unwrap();
    let Reply::Response { info, data: Some(data) } = reply else { panic!("not a response") };
    assert!(status::is_success(&info.status.code));
    assert_eq!(info.response_date, "2023-08-14T06:29:32.263Z".parse().unwrap());
    assert_eq!(info.session_id.as_deref(), Some("{5a7540fd-3b13-4acc-848d-5bf33c94ef4b}"));
    let code = data.with_root("response", |root| {
        let status = document::child(root, "status").unwrap();
        document::text(document::child(status, "code").unwrap()).into_owned()
    });
    assert_eq!(code.as_deref(), Ok("SUCCESS"));
}

#[test]
fn the_recorded_request_is_what_we_write() {
    let source = text::normalise(sample!("sync-request-gbdfl.xml"));
    let document = Document::parse(&source).unwrap();
    let received = sync::read_request(Envelope::read(&document).unwrap().body()).unwrap();
    assert_eq!(received.info.service_id, "GBDFLUniversal_token");
    assert_eq!(received.info.password.as_ref().unwrap().reveal(), "demo_password");
    assert!(!format!("{received:?}").contains("demo_password"));
    let data = received.data.unwrap();
    assert_eq!(data.with_root("Request", first_names).as_deref(), Ok("data: messageId messageDate senderCode"));
    let inside = &source[source
        .find("<messageId>0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10</messageId><messageDate>")
        .unwrap()..source.find("</data>").unwrap()];
    let shape = sync::Shape::Typed { namespace: "http://message.persistence.interactive.nat", name: "Request" };
    let body = sync::write_request(&received.info, shape, inside).unwrap();
    assert!(source.contains(&body), "the sample holds exactly what is written");
}

#[test]
fn fragments_are_read_in_any_shape() {
    for (wanted, data) in [
        (Ok("data: status code public-key"), sample!("kdp-response-data.xml").trim_end()),
        (Ok("data: uin company company_bin"), sample!("kdp-request-data.xml").trim_end()),
        (Ok("data: tempStorageRequest"), sample!("eds-temp-upload-data.xml").trim_end()),
        (Ok("response: a"), "<data><response><a/></response></data>"),
        (Ok("response: a"), "<data>\n <x:response xmlns:x='urn:x'><a/></x:response>\n</data>"),
        (Ok("response: a"), "<data xmlns='urn:d'><response xmlns=''><a/></response></data>"),
        (
            Ok("response: a"),
            "<q:data xmlns:q='http://bip.bee.kz/SyncChannel/v10/Interfaces'><response><a/></response></q:data>",
        ),
        (Ok("response: a"), "<data><![CDATA[<response><a/></response>]]></data>"),
        (
            Ok("response: a"),
            "<data> &#xFEFF;&lt;?xml version='1.0' encoding='windows-1251'?>&#13;\n&lt;response>&lt;a/>&lt;/response>&#13;</data>",
        ),
        (Ok("response: a"), "<data>&lt;response><!-- split --><![CDATA[<a/>]]>&lt;/response></data>"),
        (Ok("other: a"), "<data>&lt;other>&lt;a/>&lt;/other></data>"),
        (Ok("data: other"), "<data><other><a/></other></data>"),
        (Err("empty"), "<data/>"),
        (Err("empty"), "<data> \n</data>"),
        (Err("mixed"), "<data>text<response/></data>"),
        (Err("two"), "<data><response/><x:response xmlns:x='urn:x'/></data>"),
        (Err("refused dtd"), "<data>&lt;!DOCTYPE a [&lt;!ENTITY e 'x'>]>&lt;a>&amp;e;&lt;/a></data>"),
        (Err("refused undefined_entity"), "<data>&lt;a>&amp;e;&lt;/a></data>"),
        (Err("refused truncated"), "<data>&lt;a></data>"),
        (Err("refused two_roots"), "<data>&lt;a/>&lt;b/></data>"),
        (Err("refused"), "<data>OK</data>"),
    ] {
        let source = answer_with(&format!("<responseData>{data}</responseData>"));
        let document = Document::parse(&source).unwrap();
        let reply = sync::read_reply(Envelope::read(&document).unwrap().body()).unwrap();
        let Reply::Response { data: Some(found), .. } = reply else { panic!("no data in {data}") };
        match (found.with_root("response", first_names), wanted) {
            (Ok(found), Ok(wanted)) => assert_eq!(found, wanted, "{data}"),
            (Err(problem), Err(wanted)) => {
                let problem = match problem {
                    DataProblem::Empty => "empty".to_owned(),
                    DataProblem::Mixed => "mixed".to_owned(),
                    DataProblem::TwoDocuments => "two".to_owned(),
                    DataProblem::Refused(refused) => format!("refused {}", refused.code()),
                };
                assert!(problem.starts_with(wanted), "{data}: {problem}");
            }
            (found, wanted) => panic!("{data}: {found:?}, wanted {wanted:?}"),
        }
    }
}

#[test]
fn no_data_is_no_data() {
    let xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='1'";
    for data in ["", "<responseData/>", &format!("<responseData><data {xsi}/></responseData>")] {
        let source = answer_with(data);
        let document = Document::parse(&source).unwrap();
        let reply = sync::read_reply(Envelope::read(&document).unwrap().body()).unwrap();
        assert!(matches!(reply, Reply::Response { data: None, .. }), "{data}");
    }
}

fn answer_with(response_data: &str) -> String {
    format!(
        "<e:Envelope xmlns:e='{SOAP_1_1}'><e:Body><SendMessageResponse xmlns='{SYNC_TYPES}'><response xmlns=''><responseInfo>\
         <messageId>m</messageId><responseDate>2026-03-02T10:15:31</responseDate><status><code>SCSS001</code></status>\
         </responseInfo>{response_data}</response></SendMessageResponse></e:Body></e:Envelope>"
    )
}
