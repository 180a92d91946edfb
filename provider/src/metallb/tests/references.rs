//! Names of other objects that lead nowhere: a warning of the apply, on the name.

use super::super::{BfdProfile, BgpAdvertisement, BgpPeer, Community, IpAddressPool, L2Advertisement};
use super::{ADVERTISEMENT, PEER, PEERS};
use crate::connection::cluster::testing::{ApiServer, POOLS};
use crate::engine::cluster_object::ClusterObject;
use crate::engine::cluster_object::testing::{run, warnings, with};
use serde_json::{Value as Json, json};

/// A name of each attribute that has some.
struct Case {
    type_name: &'static str,
    attribute: &'static str,
    config: Json,
    /// Where the warning is.
    at: &'static str,
    /// What the name leads to, and where that is.
    collection: &'static str,
    name: &'static str,
    spec: Json,
}

fn cases() -> Vec<Case> {
    let peer = json!({"my_asn": 1, "peer_asn": 2, "peer_address": "192.0.2.1"});
    let metallb = |kind: &str| -> &'static str {
        format!("/apis/metallb.io/v1beta1/namespaces/metallb-system/{kind}").leak()
    };
    let case = |type_name, attribute, config, at, collection, name| Case {
        type_name,
        attribute,
        config,
        at,
        collection,
        name,
        spec: json!({}),
    };
    vec![
        case(
            ADVERTISEMENT,
            "ip_address_pools",
            json!({"ip_address_pools": ["defualt"]}),
            "ip_address_pools[0]",
            POOLS,
            "defualt",
        ),
        case(ADVERTISEMENT, "peers", json!({"peers": ["edge"]}), "peers[0]", PEERS, "edge"),
        Case {
            spec: json!({"communities": [{"name": "no-export", "value": "65535:65281"}]}),
            ..case(
                ADVERTISEMENT,
                "communities",
                json!({"communities": ["64512:1", "no-export"]}),
                "communities[1]",
                metallb("communities"),
                "well-known",
            )
        },
        case(
            "metallb_l2_advertisement",
            "ip_address_pools",
            json!({"ip_address_pools": ["a"]}),
            "ip_address_pools[0]",
            POOLS,
            "a",
        ),
        case(
            PEER,
            "bfd_profile",
            with(peer, json!({"bfd_profile": "fast"})),
            "bfd_profile",
            metallb("bfdprofiles"),
            "fast",
        ),
    ]
}

#[test]
fn every_reference_has_a_case() {
    fn of<T: ClusterObject>() -> Vec<(&'static str, &'static str)> {
        T::REFERENCES.iter().map(|one| (T::TYPE_NAME, one.attribute)).collect()
    }
    let mut declared = [
        of::<BfdProfile>(),
        of::<BgpAdvertisement>(),
        of::<BgpPeer>(),
        of::<Community>(),
        of::<IpAddressPool>(),
        of::<L2Advertisement>(),
    ]
    .concat();
    declared.sort_unstable();
    let mut tried: Vec<_> = cases().iter().map(|one| (one.type_name, one.attribute)).collect();
    tried.sort_unstable();
    assert_eq!(tried, declared);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_warned_of_by_the_apply() {
    for Case { type_name, config, at, collection, name, spec, .. } in cases() {
        let config = with(json!({"name": "one"}), config);
        for is_there in [false, true] {
            let server = ApiServer::start().await;
            server.world().served.push(collection.into());
            if is_there {
                server.world().put(collection, name, "kubectl", spec.clone());
            }
            let run = run(&server).await;
            let planned = run.plan(type_name, None, &config).await.unwrap();
            assert_eq!(warnings(&planned.diagnostics), [""; 0], "{at}: it may be planned after this one");
            let state = run.apply(&planned).await.unwrap().unwrap();
            let told = warnings(&run.warned());
            assert_eq!(told.len(), usize::from(!is_there), "{at}: {told:?}");
            assert!(told.iter().all(|one| one.contains(&format!("does not exist ({at})"))), "{at}: {told:?}");
            // A change is asked about too.
            let other = with(config.clone(), json!({"namespace": null, "timeouts": {"update": "1m"}}));
            let again = run.plan(type_name, Some(&state), &other).await.unwrap();
            run.apply(&again).await.unwrap();
            assert_eq!(run.warned().iter().count(), usize::from(!is_there), "{at}");
        }
    }
}

#[tokio::test]
async fn where_it_cannot_be_asked_nothing_is_said() {
    let server = ApiServer::start().await;
    server.world().served.retain(|one| !one.ends_with("ipaddresspools"));
    let run = run(&server).await;
    run.create(ADVERTISEMENT, &json!({"name": "one", "ip_address_pools": ["a"]})).await.unwrap();
    assert_eq!(warnings(&run.warned()), [""; 0]);
}
