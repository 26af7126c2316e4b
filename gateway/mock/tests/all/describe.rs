//! What a foreign SOAP stack fetches before its first call.

use crate::world::{options, start};

#[tokio::test]
async fn the_wsdl_leads_to_its_schemas_and_to_this_address() {
    let (government, client) = start(options()).await;
    let own = format!("https://shep.localhost:{}/bip-sync-wss-gost/", government.address().port());
    let mut asked = vec!["?wsdl".to_owned()];
    let mut at = 0;
    while let Some(query) = asked.get(at).cloned() {
        let came = client.get(&format!("/bip-sync-wss-gost/{query}")).await;
        assert_eq!((came.status(), came.header("content-type")), (200, Some("text/xml; charset=utf-8")), "{query}");
        let text = std::str::from_utf8(came.body()).unwrap();
        assert_eq!(text.contains(&format!("<soap:address location=\"{own}\"/>")), at == 0);
        for location in text.split("schemaLocation=\"").skip(1).filter_map(|part| part.split('"').next()) {
            let query = location.strip_prefix(&own).expect("absolute, by the host that was asked").to_owned();
            if !asked.contains(&query) {
                asked.push(query);
            }
        }
        at += 1;
    }
    assert_eq!(asked.len(), 5, "{asked:?}");
    assert_eq!(client.get("/bip-sync-wss-gost/?xsd=none").await.status(), 404);
    assert_eq!(client.get("/bip-sync-wss-gost/").await.status(), 404);
    government.stop().await;
}
