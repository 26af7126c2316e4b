//! What the DNS server of tests says, and how: the truth, half of it, or nonsense.

use std::net::IpAddr;

use hickory_proto::op::{Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::Transport;

/// What is said to one asking.
#[derive(Debug, Clone)]
pub struct Reply {
    addresses: Vec<IpAddr>,
    aliases: Vec<String>,
    others: Vec<(String, IpAddr)>,
    ttl: u32,
    code: ResponseCode,
    manner: Manner,
    aaaa: Option<Box<Reply>>,
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Plain,
    Silent,
    Garbage,
    OtherClass,
    WrongId,
    WrongQuestion,
    LowerCase,
    Truncated,
    TruncatedForGood,
    HangsUp,
}

impl Reply {
    /// These addresses: A is told the IPv4 ones, AAAA the IPv6 ones.
    #[must_use]
    pub fn with(addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Self { addresses, ..Self::nothing() }
    }

    /// NODATA: the name exists and has no address.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            addresses: Vec::new(),
            aliases: Vec::new(),
            others: Vec::new(),
            ttl: 60,
            code: ResponseCode::NoError,
            manner: Manner::Plain,
            aaaa: None,
        }
    }

    /// NXDOMAIN.
    #[must_use]
    pub fn no_such_name() -> Self {
        Self { code: ResponseCode::NXDomain, ..Self::nothing() }
    }

    /// SERVFAIL.
    #[must_use]
    pub fn failure() -> Self {
        Self { code: ResponseCode::ServFail, ..Self::nothing() }
    }

    /// REFUSED.
    #[must_use]
    pub fn refused() -> Self {
        Self { code: ResponseCode::Refused, ..Self::nothing() }
    }

    /// Nothing is sent.
    #[must_use]
    pub fn silence() -> Self {
        Self::nothing().manner(Manner::Silent)
    }

    /// The identifier of the question, and then no message.
    #[must_use]
    pub fn garbage() -> Self {
        Self::nothing().manner(Manner::Garbage)
    }

    /// A is told one thing and AAAA another.
    #[must_use]
    pub fn each(a: Self, aaaa: Self) -> Self {
        Self { aaaa: Some(Box::new(aaaa)), ..a }
    }

    /// The name is an alias of the first of these, that of the second, and the last has the addresses.
    #[must_use]
    pub fn through(mut self, aliases: &[&str]) -> Self {
        self.aliases = aliases.iter().map(|&alias| alias.to_owned()).collect();
        self
    }

    /// One more address record, of another name than the one asked for.
    #[must_use]
    pub fn also(mut self, name: &str, address: &str) -> Self {
        self.others.push((name.to_owned(), address.parse().unwrap()));
        self
    }

    /// Seconds that the records may be remembered; 60 when not said.
    #[must_use]
    pub fn ttl(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// With NXDOMAIN all the same.
    #[must_use]
    pub fn and_yet_no_such_name(self) -> Self {
        Self { code: ResponseCode::NXDomain, ..self }
    }

    /// With records of class CH.
    #[must_use]
    pub fn of_another_class(self) -> Self {
        self.manner(Manner::OtherClass)
    }

    /// With an identifier that was not asked with.
    #[must_use]
    pub fn wrong_id(self) -> Self {
        self.manner(Manner::WrongId)
    }

    /// With a question that was not asked.
    #[must_use]
    pub fn wrong_question(self) -> Self {
        self.manner(Manner::WrongQuestion)
    }

    /// With the question in lower case, as old servers send it back.
    #[must_use]
    pub fn lower_case(self) -> Self {
        self.manner(Manner::LowerCase)
    }

    /// Over UDP with the TC bit; over TCP whole.
    #[must_use]
    pub fn truncated(self) -> Self {
        self.manner(Manner::Truncated)
    }

    /// With the TC bit over UDP and over TCP.
    #[must_use]
    pub fn truncated_for_good(self) -> Self {
        self.manner(Manner::TruncatedForGood)
    }

    /// With the TC bit over UDP; over TCP the connection is closed without a word.
    #[must_use]
    pub fn hangs_up(self) -> Self {
        self.manner(Manner::HangsUp)
    }

    fn manner(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }
}

impl Reply {
    /// The message for this question, or nothing.
    pub(super) fn say(&self, id: u16, query: &Query, transport: Transport) -> Option<Vec<u8>> {
        let udp = transport == Transport::Udp;
        let mut message = Message::response(id, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.metadata.recursion_available = true;
        message.metadata.response_code = self.code;
        message.add_query(query.clone()).add_answers(self.records(query));
        match self.manner {
            Manner::Plain => {}
            Manner::Silent => return None,
            Manner::Garbage => return Some([&id.to_be_bytes()[..], &[0x80, 0, 0xFF, 0xFF, 7]].concat()),
            Manner::OtherClass => message.answers.iter_mut().for_each(|record| record.dns_class = DNSClass::CH),
            Manner::WrongId => message.metadata.id = id.wrapping_add(1),
            Manner::WrongQuestion => {
                message.queries = vec![Query::query(absolute("somebody-else.example"), query.query_type)];
            }
            Manner::LowerCase => message.queries = vec![Query::query(query.name.to_lowercase(), query.query_type)],
            Manner::HangsUp if !udp => return None,
            Manner::TruncatedForGood => message.metadata.truncation = true,
            Manner::Truncated | Manner::HangsUp => message.metadata.truncation = udp,
        }
        Some(message.to_vec().unwrap())
    }

    /// What `kind` of question is told.
    pub(super) fn to(self, kind: RecordType) -> Self {
        match self.aaaa {
            Some(aaaa) if kind == RecordType::AAAA => *aaaa,
            aaaa => Self { aaaa, ..self },
        }
    }

    fn records(&self, query: &Query) -> Vec<Record> {
        let mut records = Vec::new();
        let mut owner = query.name.clone();
        for alias in &self.aliases {
            let target = absolute(alias);
            records.push(Record::from_rdata(owner, self.ttl, RData::CNAME(CNAME(target.clone()))));
            owner = target;
        }
        let own = self.addresses.iter().map(|&address| (owner.clone(), address));
        let others = self.others.iter().map(|(name, address)| (absolute(name), *address));
        let wanted = own.chain(others).filter(|(_, address)| address.is_ipv4() == (query.query_type == RecordType::A));
        records.extend(wanted.map(|(name, address)| Record::from_rdata(name, self.ttl, address.into())));
        records
    }
}

fn absolute(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    name
}
