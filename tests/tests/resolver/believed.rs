//! What the client believes of what a server says: all of it or nothing.

use hickory_proto::rr::RecordType;
use qaqpa_gateway::dial::{DnsClient, NoAnswer, Resolve};
use qaqpa_tests::dns::{Dns, Reply, Transport};

use crate::{ABROAD, HOST, Judged, LONG, SHORT, V4, V6, ask, chain, found, many, texts};

#[tokio::test]
async fn an_answer_is_taken_whole_or_not_at_all() {
    let (eight, nine, all, over) = (chain(8), chain(9), many(64), many(65));
    let good = || Reply::with(&[V4]);
    let table = [
        ("A alone", found(&[V4], &[]), good()),
        ("AAAA alone", found(&[V6], &[]), Reply::with(&[V6])),
        ("A and AAAA, each address of both", found(&[V4, ABROAD, V6], &[]), Reply::with(&[V6, V4, ABROAD])),
        ("one family does not exist and the other does", found(&[V4], &[]), Reply::each(good(), Reply::no_such_name())),
        ("A does not exist and AAAA does", found(&[V6], &[]), Reply::each(Reply::no_such_name(), Reply::with(&[V6]))),
        ("the same address twice", found(&[V4], &[]), Reply::with(&[V4, V4])),
        ("a time to live of zero", found(&[V4], &[]), good().ttl(0)),
        ("one alias", found(&[V4], &["lb.nitec.kz"]), good().through(&["lb.nitec.kz"])),
        (
            "a chain into a CDN, in order and in lower case",
            found(&[V4], &["a.example.kz", "d111.cloudfront.net"]),
            good().through(&["a.example.kz", "D111.CloudFront.NET"]),
        ),
        (
            "each family has aliases of its own",
            found(&[V4, V6], &["a.kz", "b.kz", "c.kz"]),
            Reply::each(good().through(&["a.kz", "b.kz"]), Reply::with(&[V6]).through(&["a.kz", "c.kz"])),
        ),
        (
            "an alias without an AAAA is still an alias",
            found(&[V4], &["a.kz"]),
            Reply::each(good(), Reply::nothing().through(&["a.kz"])),
        ),
        ("eight aliases", found(&[V4], &texts(&eight)), good().through(&texts(&eight))),
        ("nine aliases", Err(NoAnswer::Refused("too_many_aliases")), good().through(&texts(&nine))),
        ("a loop", Err(NoAnswer::Refused("alias_loop")), good().through(&["a.kz", "b.kz", "a.kz"])),
        ("an alias of itself", Err(NoAnswer::Refused("alias_loop")), good().through(&[HOST])),
        ("an alias of the root", Err(NoAnswer::Malformed), good().through(&["."])),
        ("an alias with a dot inside a label", Err(NoAnswer::Malformed), good().through(&["evil\\.kz"])),
        ("an address of a name that does not exist", Err(NoAnswer::Malformed), good().and_yet_no_such_name()),
        ("records of another class", Err(NoAnswer::Malformed), good().of_another_class()),
        ("two targets of one alias", Err(NoAnswer::Malformed), good().through(&["a.kz", HOST, "b.kz"])),
        ("an address beside an alias", Err(NoAnswer::Malformed), good().through(&["a.kz"]).also(HOST, ABROAD)),
        ("an alias whose end is not resolved", Err(NoAnswer::NotFound), Reply::nothing().through(&["a.kz"])),
        ("records of other names beside the right ones", found(&[V4], &[]), good().also("other.kz", ABROAD)),
        ("records of other names only", Err(NoAnswer::NotFound), Reply::nothing().also("other.kz", V4)),
        ("sixty-four addresses", found(&texts(&all), &[]), Reply::with(&texts(&all)).truncated()),
        ("sixty-five addresses", Err(NoAnswer::Refused("too_many_addresses")), Reply::with(&texts(&over))),
        ("no data", Err(NoAnswer::NotFound), Reply::nothing()),
        ("no such name", Err(NoAnswer::NotFound), Reply::no_such_name()),
        ("failure", Err(NoAnswer::ServerFailure), Reply::failure()),
        ("failure for AAAA", Err(NoAnswer::ServerFailure), Reply::each(good(), Reply::failure())),
        ("failure for A", Err(NoAnswer::ServerFailure), Reply::each(Reply::failure(), Reply::with(&[V6]))),
        ("refused", Err(NoAnswer::ServerFailure), Reply::refused()),
        ("refused for AAAA", Err(NoAnswer::ServerFailure), Reply::each(good(), Reply::refused())),
        ("garbage", Err(NoAnswer::Malformed), Reply::garbage()),
        ("garbage for AAAA", Err(NoAnswer::Malformed), Reply::each(good(), Reply::garbage())),
        ("a question that was not asked", Err(NoAnswer::Malformed), good().wrong_question()),
        ("the question in lower case, confirmed by TCP", found(&[V4], &[]), good().lower_case()),
        ("cut off, whole by TCP", found(&[V4, V6], &[]), Reply::with(&[V4, V6]).truncated()),
        ("cut off for AAAA", found(&[V4, V6], &[]), Reply::each(good(), Reply::with(&[V6]).truncated())),
        ("cut off by TCP as well", Err(NoAnswer::Truncated), good().truncated_for_good()),
        ("cut off, and TCP hangs up", Err(NoAnswer::Truncated), good().hangs_up()),
        (
            "cut off for AAAA, and TCP hangs up",
            Err(NoAnswer::Truncated),
            Reply::each(good(), Reply::nothing().hangs_up()),
        ),
    ];
    let dns = Dns::start().await;
    for (case, wanted, reply) in table {
        dns.answer(HOST, &[reply]);
        assert_eq!(ask(&[dns.address()], LONG, HOST).await, wanted, "{case}");
    }
}

#[tokio::test]
async fn what_does_not_come_is_waited_for() {
    let good = || Reply::with(&[V4]);
    let table = [
        ("silence", Err(NoAnswer::Timeout), Reply::silence()),
        ("silence for AAAA", Err(NoAnswer::Timeout), Reply::each(good(), Reply::silence())),
        ("silence for A", Err(NoAnswer::Timeout), Reply::each(Reply::silence(), Reply::with(&[V6]))),
        ("a wrong identifier", Err(NoAnswer::Malformed), good().wrong_id()),
    ];
    let dns = Dns::start().await;
    for (case, wanted, reply) in table {
        dns.answer(HOST, &[reply]);
        assert_eq!(ask(&[dns.address()], SHORT, HOST).await, wanted, "{case}");
    }
}

#[tokio::test]
async fn a_name_that_comes_back_in_other_letters_is_asked_for_again_by_tcp() {
    let dns = Dns::start().await;
    dns.answer(HOST, &[Reply::with(&[V4]).lower_case()]);
    assert_eq!(ask(&[dns.address()], LONG, HOST).await, found(&[V4], &[]));
    for kind in [RecordType::A, RecordType::AAAA] {
        assert_eq!([Transport::Udp, Transport::Tcp].map(|by| dns.asked_by(HOST, kind, by)), [1, 1], "{kind}");
    }
}

#[tokio::test]
async fn names_are_asked_for_as_they_stand() {
    let dns = Dns::start().await;
    let table = [
        ("a name", Some("api.egov.kz"), "api.egov.kz"),
        ("upper case and a trailing dot", Some("api.egov.kz"), "API.EGOV.KZ."),
        ("one label is not completed", Some("shep"), "shep"),
        ("localhost is nobody's in particular", Some("localhost"), "localhost"),
        ("nothing", None, ""),
        ("the root", None, "."),
        ("an address", None, V4),
        ("an IPv6 address", None, "::1"),
        ("an empty label", None, "a..kz"),
        ("an escape", None, "evil\\.kz"),
        ("a blank", None, "a b.kz"),
        ("letters beyond ASCII", None, "егов.қаз"),
    ];
    for (case, asked, host) in table {
        if let Some(asked) = asked {
            dns.answer(asked, &[Reply::with(&[V4])]);
            assert_eq!(ask(&[dns.address()], LONG, host).await, found(&[V4], &[]), "{case}");
        } else {
            assert_eq!(ask(&[dns.address()], LONG, host).await, Err(NoAnswer::Refused("bad_name")), "{case}");
        }
    }
    let long = format!("{}.kz", "a".repeat(64));
    assert_eq!(ask(&[dns.address()], LONG, &long).await, Err(NoAnswer::Refused("bad_name")));
    assert_eq!(dns.names(), ["api.egov.kz", "localhost", "shep"], "and nothing else was asked for");
}

#[tokio::test]
async fn the_resolver_caches_no_answer() {
    let dns = Dns::start().await;
    let once = |address| Reply::with(&[address]).ttl(3600);
    dns.answer(HOST, &[once(V4), once(ABROAD), Reply::failure(), once(V6)]);
    let client = DnsClient::new(vec![dns.address()], Judged::new(&[dns.address()]), LONG);
    let wanted = [found(&[V4], &[]), found(&[ABROAD], &[]), Err(NoAnswer::ServerFailure), found(&[V6], &[])];
    for (turn, wanted) in wanted.into_iter().enumerate() {
        assert_eq!(client.resolve(HOST).await, wanted, "turn {turn}");
        assert_eq!(dns.asked_by(HOST, RecordType::A, Transport::Udp), turn + 1);
        assert_eq!(dns.asked_by(HOST, RecordType::AAAA, Transport::Udp), turn + 1);
    }
    assert_eq!(dns.asked_by(HOST, RecordType::A, Transport::Tcp), 0);
}

#[tokio::test]
async fn two_who_ask_at_once_are_answered_each() {
    let dns = Dns::start().await;
    dns.answer(HOST, &[Reply::with(&[V4])]);
    let client = DnsClient::new(vec![dns.address()], Judged::new(&[dns.address()]), LONG);
    let (one, other) = tokio::join!(client.resolve(HOST), client.resolve(HOST));
    assert_eq!((one, other), (found(&[V4], &[]), found(&[V4], &[])));
    assert_eq!(dns.asked(HOST), 4, "A and AAAA for each of the two");
}
