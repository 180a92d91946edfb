//! A join, a leave or a removal that is stopped between any two of its effects converges: an apply makes a
//! whole member, a destroy leaves nothing in the cluster and a clean single node that can be created again.

use super::testing::member;
use super::{ClusterMember, ClusterMemberPrivate};
use crate::connection::Freshness;
use crate::connection::cluster::ClusterLocks;
use crate::microk8s::node::removal::Removal;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::machine::node_list::Role;
use crate::microk8s::shared::machine::scripts::{JOIN, LEAVE, REMOVE_NODE, RESET};
use crate::microk8s::shared::testing::{Fault, World, deadline};
use std::sync::Arc;
use tfplugin::types::Secret;

const ENDPOINT: &str = "10.0.0.1:25000/92b2db237428470dc4fcfc4ebbd9dc81/2c0cb3284b05";

/// More effects than any command has.
const MANY: usize = 40;

async fn joined(world: &World, role: Role, case: &str) -> ClusterMember {
    let joined = member(2, role)
        .join(world, &mut ClusterMemberPrivate::default(), &ClusterLocks::default(), &deadline())
        .await;
    joined.unwrap_or_else(|error| panic!("{case}: {error:?}"))
}

/// The member as a refresh finds it.
async fn refreshed(world: &World, member: &ClusterMember) -> Option<ClusterMember> {
    let snapshot = ClusterSnapshot::collect(world, "10.0.0.1", Freshness::Fresh).await.unwrap();
    let members = snapshot.first.machine.datastore(Freshness::Fresh).await.unwrap();
    member.clone().refreshed(&snapshot, &members)
}

fn assert_whole(world: &World, role: Role, case: &str) {
    let state = world.0.lock().unwrap();
    let control_plane = role == Role::ControlPlane;
    assert_eq!(state.nodes.get(&2), Some(&control_plane), "{case}");
    assert_eq!(state.datastore.contains_key(&2), control_plane, "{case}");
    let machine = &state.machines[&2];
    assert!(machine.serves && machine.locks.contains("no-cert-reissue"), "{case}: {machine:?}");
    assert_eq!(machine.locks.contains("clustered.lock"), !control_plane, "{case}: {machine:?}");
    for lock in ["join-in-progress", "stopped.lock"] {
        assert!(!machine.locks.contains(lock), "{case}: {machine:?}");
    }
    assert_eq!(machine.locks.contains("no-k8s-dqlite"), !control_plane, "{case}: {machine:?}");
}

fn assert_alone(world: &World, case: &str) {
    let state = world.0.lock().unwrap();
    assert!(!state.nodes.contains_key(&2) && !state.datastore.contains_key(&2), "{case}");
    let machine = &state.machines[&2];
    assert!(machine.serves && machine.calico && machine.remote.is_none(), "{case}: {machine:?}");
    for lock in ["join-in-progress", "stopped.lock", "no-cert-reissue", "clustered.lock", "no-k8s-dqlite"] {
        assert!(!machine.locks.contains(lock), "{case}: {machine:?}");
    }
    assert!(machine.locks.contains("no-apiserver-proxy"), "{case}: {machine:?}");
}

/// A leave that was stopped after so many effects, of a member that joined before; nothing once it is not
/// stopped.
async fn stopped_leave(role: Role, effects: usize) -> Option<(World, ClusterMember)> {
    // Two others vote beside it.
    let world = World::new(4);
    for (last, vote) in [(1, "voter"), (3, "voter"), (4, "voter")] {
        world.admit(last, vote);
    }
    let member = joined(&world, role, "before").await;
    world.0.lock().unwrap().faults.push(Fault::Stops(LEAVE.name, effects));
    let left = world.shell(2).leave().await;
    left.is_err().then_some((world, member))
}

const ROLES: [Role; 2] = [Role::ControlPlane, Role::Worker];

#[tokio::test(start_paused = true)]
async fn a_leave_that_was_stopped_anywhere_is_completed_by_a_destroy() {
    for role in ROLES {
        let mut cases = 0;
        while let Some((world, member)) = stopped_leave(role, cases).await {
            let case = format!("{role}, stopped after {cases} effects of a leave, then destroy");
            let found = refreshed(&world, &member).await;
            let found = found.unwrap_or_else(|| panic!("{case}: it was dropped from the state"));
            let removed = found.remove_by(&world, "10.0.0.1", &ClusterLocks::default(), &deadline()).await;
            removed.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_alone(&world, &case);
            joined(&world, role, &format!("{case}, then created again")).await;
            assert_whole(&world, role, &case);
            cases += 1;
        }
        assert!((8..MANY).contains(&cases), "{role}: {cases}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_leave_that_was_stopped_anywhere_is_undone_by_an_apply() {
    for role in ROLES {
        let mut cases = 0;
        while let Some((world, member)) = stopped_leave(role, cases).await {
            let case = format!("{role}, stopped after {cases} effects of a leave, then apply");
            let found = refreshed(&world, &member).await;
            let found = found.unwrap_or_else(|| panic!("{case}: it was dropped from the state"));
            // This is what makes the plan an update.
            assert!(found.drift.known().is_some_and(|drift| !drift.is_empty()), "{case}: {found:?}");
            let restored = found
                .refresh(&world, &mut ClusterMemberPrivate::default(), &ClusterLocks::default(), &deadline())
                .await;
            let restored = restored.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_whole(&world, role, &case);
            let read = refreshed(&world, &restored).await.unwrap();
            assert_eq!(read.drift.known(), Some(&Vec::new()), "{case}");
            cases += 1;
        }
        assert!((8..MANY).contains(&cases), "{role}: {cases}");
    }
}

/// The machine's name stays with the cluster until its node is removed.
#[tokio::test(start_paused = true)]
async fn a_node_that_a_leave_was_stopped_on_can_be_destroyed_alone() {
    for role in ROLES {
        let mut cases = 0;
        while let Some((world, _)) = stopped_leave(role, cases).await {
            let case = format!("{role}, stopped after {cases} effects of a leave, then destroy of the node");
            let removal = Removal::new(world.shell_at(2), deadline(), Arc::default());
            removal.run().await.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            let state = world.0.lock().unwrap();
            assert!(!state.machines[&2].installed && !state.datastore.contains_key(&2), "{case}");
            cases += 1;
        }
    }
}

/// A join that was stopped after so many effects; nothing once it is not stopped.
async fn stopped_join(role: Role, effects: usize) -> Option<World> {
    let world = World::new(2);
    world.0.lock().unwrap().faults.push(Fault::Stops(JOIN.name, effects));
    let joined = world.shell(2).join(&Secret::new(ENDPOINT), role).await;
    joined.is_err().then_some(world)
}

#[tokio::test(start_paused = true)]
async fn a_join_that_was_stopped_anywhere_is_completed_by_an_apply() {
    for role in ROLES {
        let mut cases = 0;
        while let Some(world) = stopped_join(role, cases).await {
            let case = format!("{role}, stopped after {cases} effects of a join, then apply");
            joined(&world, role, &case).await;
            assert_whole(&world, role, &case);
            cases += 1;
        }
        assert!((8..MANY).contains(&cases), "{role}: {cases}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_a_join_was_stopped_on_can_be_destroyed() {
    for role in ROLES {
        let mut cases = 0;
        while let Some(world) = stopped_join(role, cases).await {
            let case = format!("{role}, stopped after {cases} effects of a join, then destroy");
            let removal = Removal::new(world.shell_at(2), deadline(), Arc::default());
            removal.run().await.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            let state = world.0.lock().unwrap();
            assert!(!state.machines[&2].installed && !state.datastore.contains_key(&2), "{case}");
            cases += 1;
        }
        assert!((8..MANY).contains(&cases), "{role}: {cases}");
    }
}

/// A reboot between the last effect of a join and the note of its exit code.
#[tokio::test(start_paused = true)]
async fn a_join_that_was_complete_when_it_was_stopped_is_no_drift() {
    for role in ROLES {
        let world = World::new(2);
        let member = joined(&world, role, "a whole one").await;
        world.0.lock().unwrap().machines.get_mut(&2).unwrap().broken_off.insert(JOIN.name);
        let read = refreshed(&world, &member).await.unwrap();
        assert_eq!(read.drift.known(), Some(&Vec::new()), "{role}");
    }
}

/// The repair itself, and what it is made of.
#[tokio::test(start_paused = true)]
async fn a_repair_that_is_stopped_anywhere_is_repaired() {
    for name in [RESET.name, "the leave of a reset", REMOVE_NODE.name] {
        for role in ROLES {
            for effects in 0..14 {
                // In the middle: with a part of the files gone, services down.
                let (world, member) = stopped_leave(role, 3).await.unwrap();
                world.0.lock().unwrap().faults.push(Fault::Stops(name, effects));
                let case = format!("{role}, stopped after {effects} effects of {name}");
                member
                    .remove_by(&world, "10.0.0.1", &ClusterLocks::default(), &deadline())
                    .await
                    .unwrap_or_else(|error| panic!("{case}: {error:?}"));
                assert_alone(&world, &case);
            }
        }
    }
}

/// Nothing of ours says so where it was run by hand and died of a link that broke: that is at its next line.
/// What it printed before is how many effects there were.
#[tokio::test(start_paused = true)]
async fn one_that_was_run_by_hand_and_died_at_a_line_is_completed_or_undone() {
    const LINES: [(Role, &str, usize); 4] = [
        (Role::Worker, "Generating new cluster certificates.", 3),
        (Role::Worker, "Waiting for node to start.", 11),
        (Role::ControlPlane, "Generating new cluster certificates.", 2),
        (Role::ControlPlane, "Waiting for node to start.", 4),
    ];
    for (role, line, effects) in LINES {
        for destroy in [true, false] {
            let case = format!("{role}, dead at {line:?}, destroy: {destroy}");
            let (world, member) = stopped_leave(role, effects).await.unwrap();
            world.0.lock().unwrap().machines.get_mut(&2).unwrap().broken_off.clear();
            let found = refreshed(&world, &member).await.unwrap_or_else(|| panic!("{case}: dropped"));
            match destroy {
                true => {
                    found.remove_by(&world, "10.0.0.1", &ClusterLocks::default(), &deadline()).await.unwrap();
                    let state = world.0.lock().unwrap();
                    assert!(!state.nodes.contains_key(&2) && !state.datastore.contains_key(&2), "{case}");
                }
                false => {
                    assert!(found.drift.known().is_some_and(|drift| !drift.is_empty()), "{case}");
                    found
                        .refresh(
                            &world,
                            &mut ClusterMemberPrivate::default(),
                            &ClusterLocks::default(),
                            &deadline(),
                        )
                        .await
                        .unwrap();
                }
            }
            joined(&world, role, &case).await;
            assert_whole(&world, role, &case);
        }
    }
}
