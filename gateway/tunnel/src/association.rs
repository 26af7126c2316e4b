//! IPsec security associations: finds a live one that encrypts as a policy demands.
//!
//! Refuses one to another peer, of another mode or reqid, one whose bytes or packets are used up, one that is still being
//! negotiated, and one that encrypts with nothing (ESP's null cipher leaves plain text readable). Those past their time the
//! kernel has removed. Keys come with the kernel's answer; only names of ciphers are looked at, nothing is copied.
//!
//! ```text
//! src 10.77.0.1 dst 195.12.122.44 proto esp spi 0xc1f00d01 reqid 1 mode tunnel enc cbc(aes)
//! ```

use netlink_packet_core::{DecodeError, NlasIterator};
use netlink_packet_xfrm::constants::{
    AF_INET, IPPROTO_ESP, XFRM_MSG_GETSA, XFRM_MSG_NEWSA, XFRMA_ALG_AEAD, XFRMA_ALG_CRYPT, XFRMA_IF_ID, XFRMA_MARK,
};
use netlink_packet_xfrm::state::GetDumpMessage;
use netlink_packet_xfrm::{
    Address, AddressFilter, UserSaInfo, UserTemplate, XFRM_USER_SA_INFO_LEN, XfrmAttrs, mark::Mark,
};
use netlink_sys::protocols::NETLINK_XFRM;

use crate::NoTunnel;
use crate::kernel::{Wanted, ask};
use crate::policy::{Flow, covers};

/// That an association encrypts for `template` what belongs to `flow`.
///
/// # Errors
/// `no_sa`, `not_permitted` or `netlink`.
pub(crate) fn established(template: &UserTemplate, flow: &Flow) -> Result<(), NoTunnel> {
    let mut found = false;
    ask(NETLINK_XFRM, (XFRM_MSG_GETSA, &question(template)), Wanted::Dump, |kind, payload| {
        if kind == XFRM_MSG_NEWSA {
            let association = UserSaInfo::parse(payload)?;
            found |= serves(&association, template, flow)
                && encrypts(payload.get(XFRM_USER_SA_INFO_LEN..).unwrap_or_default())?;
        }
        Ok(())
    })?;
    if found { Ok(()) } else { Err(NoTunnel::NoAssociation(flow.destination)) }
}

/// Only ESP to the template's peer: keys of others need not come along.
fn question(template: &UserTemplate) -> GetDumpMessage {
    let bits = if template.family == AF_INET { 32 } else { 128 };
    let mut filter = AddressFilter::default();
    (filter.daddr, filter.family, filter.dplen) = (template.id.daddr, template.family, bits);
    GetDumpMessage { nlas: vec![XfrmAttrs::AddressFilter(filter), XfrmAttrs::Proto(IPPROTO_ESP)] }
}

/// The kernel's own conditions in choosing an association for a template, and that it is not used up.
fn serves(association: &UserSaInfo, template: &UserTemplate, flow: &Flow) -> bool {
    let from_there = template.saddr == Address::default() || association.saddr == template.saddr;
    let that_one = template.id.spi == 0 || association.id.spi == template.id.spi;
    let fits = association.selector.family == 0 || covers(&association.selector, flow);
    let (limit, used) = (&association.lifetime_cfg, &association.lifetime_cur);
    association.family == template.family
        && association.id.daddr == template.id.daddr
        && association.id.proto == template.id.proto
        && association.mode == template.mode
        && association.reqid == template.reqid
        && (from_there && that_one && fits && association.id.spi != 0)
        && (used.bytes < limit.hard_byte_limit && used.packets < limit.hard_packet_limit)
}

/// That it has a cipher and is not steered by a mark or an if_id that our packets have not.
fn encrypts(attributes: &[u8]) -> Result<bool, DecodeError> {
    let (mut ciphers, mut ours) = (false, true);
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        match attribute.kind() {
            XFRMA_ALG_CRYPT | XFRMA_ALG_AEAD => ciphers = !is_null(attribute.value()),
            XFRMA_MARK => ours &= Mark::parse(attribute.value())?.value == 0,
            XFRMA_IF_ID => ours &= attribute.value().iter().all(|byte| *byte == 0),
            _ => {}
        }
    }
    Ok(ciphers && ours)
}

/// Names as the kernel's cryptography knows them; RFC 4543 authenticates and does not encrypt.
fn is_null(algorithm: &[u8]) -> bool {
    let name = algorithm.split(|byte| *byte == 0).next().unwrap_or_default();
    NULL.contains(&name)
}

const NULL: [&[u8]; 4] = [b"", b"cipher_null", b"ecb(cipher_null)", b"rfc4543(gcm(aes))"];

#[cfg(test)]
mod tests {
    use netlink_packet_core::Emitable;
    use netlink_packet_xfrm::constants::{XFRM_MODE_TRANSPORT, XFRM_MODE_TUNNEL};
    use netlink_packet_xfrm::{Alg, AlgAead};

    use super::*;
    use crate::policy::tests::{esp, flow, ip};

    fn live() -> UserSaInfo {
        let mut association = UserSaInfo::default();
        association.source(&ip("10.77.0.1"));
        association.destination(&ip("195.12.122.44"));
        (association.id.spi, association.id.proto) = (0xc1f0_0d01, IPPROTO_ESP);
        (association.mode, association.reqid) = (XFRM_MODE_TUNNEL, 1);
        association
    }

    #[test]
    fn which_associations_serve() {
        type Change = fn(&mut UserSaInfo);
        for (wanted, why, change) in [
            (true, "the policy's own", (|_| ()) as Change),
            (true, "some bytes are used", |association| {
                (association.lifetime_cfg.hard_byte_limit, association.lifetime_cur.bytes) = (100, 99);
            }),
            (true, "its selector covers the flow", |association| {
                (association.selector.family, association.selector.prefixlen_d) = (AF_INET, 32);
                association.selector.daddr = Address::from_ip(&flow().destination);
            }),
            (false, "another peer", |association| association.destination(&ip("195.12.122.45"))),
            (false, "from another address", |association| association.source(&ip("10.77.0.2"))),
            (false, "another reqid", |association| association.reqid = 2),
            (false, "transport mode", |association| association.mode = XFRM_MODE_TRANSPORT),
            (false, "authentication only", |association| association.id.proto = 51),
            (false, "another family", |association| association.family = 10),
            (false, "no spi yet", |association| association.id.spi = 0),
            (false, "all bytes are used", |association| {
                (association.lifetime_cfg.hard_byte_limit, association.lifetime_cur.bytes) = (100, 100);
            }),
            (false, "all packets are used", |association| {
                (association.lifetime_cfg.hard_packet_limit, association.lifetime_cur.packets) = (10, 11);
            }),
            (false, "its selector is another's", |association| {
                (association.selector.family, association.selector.prefixlen_d) = (AF_INET, 32);
                association.selector.daddr = Address::from_ip(&ip("195.12.113.8"));
            }),
        ] {
            let mut association = live();
            change(&mut association);
            assert_eq!(wanted, serves(&association, &esp(), &flow()), "{why}");
        }
    }

    #[test]
    fn which_associations_encrypt() {
        let name = |text: &str| {
            let mut name = [0; 64];
            name[..text.len()].copy_from_slice(text.as_bytes());
            name
        };
        let cipher = |text| XfrmAttrs::EncryptionAlg(Alg { alg_name: name(text), alg_key_len: 0, alg_key: vec![] });
        let aead = |text| {
            XfrmAttrs::EncryptionAlgAead(AlgAead {
                alg_name: name(text),
                alg_key_len: 0,
                alg_icv_len: 128,
                alg_key: vec![],
            })
        };
        let mark = |value| XfrmAttrs::Mark(Mark { value, mask: u32::MAX });
        for (wanted, attributes) in [
            (true, vec![cipher("cbc(aes)")]),
            (true, vec![aead("rfc4106(gcm(aes))")]),
            (true, vec![mark(0), cipher("cbc(aes)"), XfrmAttrs::IfId(0)]),
            (false, vec![]), // still negotiated
            (false, vec![cipher("ecb(cipher_null)")]),
            (false, vec![cipher("cipher_null")]),
            (false, vec![aead("rfc4543(gcm(aes))")]),
            (false, vec![cipher("")]),
            (false, vec![cipher("cbc(aes)"), mark(5)]),
            (false, vec![cipher("cbc(aes)"), XfrmAttrs::IfId(5)]),
        ] {
            let mut bytes = vec![0; attributes.as_slice().buffer_len()];
            attributes.as_slice().emit(&mut bytes);
            assert_eq!(wanted, encrypts(&bytes).unwrap(), "{attributes:?}");
        }
    }
}
