//! OSPF between real routing daemons.

use std::sync::mpsc;
use std::time::Duration;

use crate::island::{joined, possible, router, until};
use vyos_stand_in::Version;

#[test]
fn a_route_travels_from_bgp_into_ospfv3_and_is_withdrawn() {
    if !possible() {
        return;
    }
    let (left, right) = joined("fd00:9::1/64", "fd00:9::2/64");
    let (ready, started) = mpsc::channel();
    let (learn, learned) = tokio::sync::oneshot::channel::<()>();
    let (withdraw, withdrawn) = tokio::sync::oneshot::channel::<()>();
    let common = [
        "set protocols ospfv3 interface eth0 area 0",
        "set protocols ospfv3 interface eth0 network point-to-point",
    ];
    let side = std::thread::spawn(move || {
        right.run(async move || {
            let bench = router("inside", Version::V1_4).await;
            bench
                .configure(&[&common[..], &["set protocols ospfv3 parameters router-id 2.2.2.2"]].concat())
                .await
                .data();
            ready.send(()).expect("the test waits");
            let external = |said: &str| said.contains("2001:db8:f000::/64");
            let routes = until(&bench, "show ipv6 route json", external).await.expect("the route arrives");
            assert!(routes.contains("\"protocol\":\"ospf6\""), "{routes}");
            learn.send(()).expect("the other router waits");
            until(&bench, "show ipv6 route json", |said| !external(said)).await.expect("the route goes");
            withdraw.send(()).expect("the other router waits");
            bench.router.stop().await;
        });
    });
    started.recv_timeout(Duration::from_secs(60)).expect("the inner router is configured");
    left.run(async move || {
        let bench = router("border", Version::V1_4).await;
        let lines = [
            "set protocols ospfv3 parameters router-id 1.1.1.1",
            "set protocols ospfv3 redistribute static metric-type 1",
            "set protocols static route6 2001:db8:f000::/64 blackhole",
        ];
        bench.configure(&[&common[..], &lines].concat()).await.data();
        learned.await.expect("the inner router learns the route");
        bench.configure(&["delete protocols static route6 2001:db8:f000::/64"]).await.data();
        withdrawn.await.expect("the inner router loses the route");
        bench.router.stop().await;
    });
    side.join().expect("the inner router saw what it should");
}

#[test]
fn an_interface_that_is_not_passive_by_disable_speaks_where_the_default_is_silence() {
    if !possible() {
        return;
    }
    let (left, right) = joined("10.9.3.1/24", "10.9.3.2/24");
    let (ready, started) = mpsc::channel();
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let lines = |id: &str| {
        [
            format!("set protocols ospf parameters router-id {id}"),
            "set protocols ospf area 0 network 10.9.3.0/24".to_owned(),
            "set protocols ospf passive-interface default".to_owned(),
            "set protocols ospf interface eth0 passive disable".to_owned(),
            "set protocols ospf interface eth0 network point-to-point".to_owned(),
            "set protocols ospf interface eth0 hello-interval 1".to_owned(),
            "set protocols ospf interface eth0 dead-interval 3".to_owned(),
        ]
    };
    let far = lines("2.2.2.2");
    let side = std::thread::spawn(move || {
        right.run(async move || {
            let bench = router("far", Version::V1_4).await;
            bench.configure(&far.each_ref().map(String::as_str)).await.data();
            ready.send(()).expect("the test waits");
            drop(finished.await);
            bench.router.stop().await;
        });
    });
    started.recv_timeout(Duration::from_secs(60)).expect("the far router is configured");
    let near = lines("1.1.1.1");
    left.run(async move || {
        let bench = router("near", Version::V1_4).await;
        bench.configure(&near.each_ref().map(String::as_str)).await.data();
        let full = |said: &str| said.contains("Full");
        until(&bench, "show ip ospf neighbor", full).await.expect("the adjacency comes up");
        // What a provider that reads `disable` as silence would send.
        bench.configure(&["delete protocols ospf interface eth0 passive"]).await.data();
        until(&bench, "show ip ospf neighbor", |said| !full(said)).await.expect("the adjacency goes");
        finish.send(()).expect("the far router waits");
        bench.router.stop().await;
    });
    side.join().expect("the far router was there");
}
