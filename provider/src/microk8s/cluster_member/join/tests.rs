//! Joins that are stopped between steps, and machines that are in other states than a new one.

use super::*;
use crate::engine::node_resource::step::Moment;
use crate::microk8s::shared::testing::{FakeMachine, Fault, World, deadline, promptly};

async fn joining(world: &World, last: u8, role: Role) -> Joining {
    let deadline = deadline();
    let cluster_snapshot = ClusterSnapshot::wait(world, "10.0.0.1", &deadline).await.unwrap();
    let machine = world.shell(last);
    let snapshot = machine.snapshot(Freshness::Fresh).await.unwrap();
    Joining::new(machine, &snapshot, role, &cluster_snapshot, &deadline)
}

/// What the cluster and the machine have in the end.
fn assert_joined(world: &World, last: u8, role: Role) {
    let state = world.0.lock().unwrap();
    let control_plane = role == Role::ControlPlane;
    assert_eq!(state.nodes.get(&last), Some(&control_plane));
    assert_eq!(state.datastore.contains_key(&last), control_plane);
    let machine = &state.machines[&last];
    assert!(!machine.locks.contains("join-in-progress"));
    assert!(
        machine.files["kubelet"].contains(&format!("--node-ip=10.0.0.{last},fd00::{last}")),
        "{:?}",
        machine.files["kubelet"]
    );
    assert_eq!(machine.files["kube-proxy"], "--cluster-cidr=10.1.0.0/16,fd01::/64\n");
    let ranges = machine.files["kube-apiserver"].contains("10.152.183.0/24,fd98::/108");
    assert_eq!(ranges, control_plane);
}

#[tokio::test(start_paused = true)]
async fn a_machine_joins_in_both_roles_and_gets_the_settings_of_its_cluster() {
    for role in [Role::ControlPlane, Role::Worker] {
        let world = World::new(2);
        joining(&world, 2, role).await.run().await.unwrap();
        assert_joined(&world, 2, role);
        assert_eq!((world.count(&scripts::JOIN), world.count(&scripts::CONFIGURE)), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_join_that_was_stopped_anywhere_is_carried_on_without_a_second_one() {
    for step in STEPS {
        for moment in [Moment::Before, Moment::After] {
            let world = World::new(2);
            let stopped = joining(&world, 2, Role::ControlPlane).await;
            let steps = Steps::new(&STEPS).stopping(step.name(), moment);
            assert!(steps.run(&stopped, &stopped.deadline).await.is_err());
            joining(&world, 2, Role::ControlPlane).await.run().await.unwrap();
            assert_joined(&world, 2, Role::ControlPlane);
            assert_eq!(world.count(&scripts::JOIN), 1, "stopped {moment:?} {:?}", step.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_life_left_is_cleared_away() {
    let world = World::new(2);
    {
        let mut state = world.0.lock().unwrap();
        state.nodes.insert(2, true);
        state.datastore.insert(2, "spare");
        state.machines.get_mut(&1).unwrap().locks.insert("no-cert-reissue");
        state.machines.get_mut(&2).unwrap().locks.insert("join-in-progress");
    }
    joining(&world, 2, Role::ControlPlane).await.run().await.unwrap();
    assert_joined(&world, 2, Role::ControlPlane);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_the_datastore_forgot_leaves_and_joins_anew() {
    let world = World::new(2);
    world.admit(2, "spare");
    world.0.lock().unwrap().datastore.remove(&2);
    joining(&world, 2, Role::ControlPlane).await.run().await.unwrap();
    assert_joined(&world, 2, Role::ControlPlane);
    assert_eq!((world.count(&scripts::RESET), world.count(&scripts::JOIN)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_next_control_plane_is_tried_where_one_refuses() {
    let world = World::new(3);
    world.admit(2, "spare");
    world.0.lock().unwrap().faults.push(Fault::RefusesJoins(1, "Invalid token (500)."));
    joining(&world, 3, Role::Worker).await.run().await.unwrap();
    assert_eq!(world.0.lock().unwrap().nodes.get(&3), Some(&false));
    assert_eq!(world.count(&scripts::JOIN), 2);
}

#[tokio::test(start_paused = true)]
async fn exit_code_0_is_no_proof_and_the_token_is_not_told() {
    let world = World::new(2);
    world.0.lock().unwrap().faults.push(Fault::JoinDoesNothing);
    let failure = joining(&world, 2, Role::ControlPlane).await.run().await.unwrap_err();
    let text = format!("{:?}", failure.into_diagnostic("Unable to join the cluster"));
    assert!(text.contains("`microk8s join` on 10.0.0.2 to 10.0.0.1"), "{text}");
    assert!(text.contains("And yet"), "{text}");
    assert!(!text.contains("92b2db23"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_each_control_plane_is_reported() {
    let world = World::new(3);
    world.admit(2, "spare");
    let unresolved = "The hostname (cp3) of the joining node does not resolve to the IP \"10.0.0.3\". Refusing join (400).";
    let faults = [Fault::RefusesJoins(1, unresolved), Fault::RefusesJoins(2, "Invalid token (500).")];
    world.0.lock().unwrap().faults.extend(faults);
    let failure = promptly(joining(&world, 3, Role::Worker).await.run()).await.unwrap_err();
    let text = failure.into_diagnostic("Unable to join the cluster").detail;
    for part in
        ["to 10.0.0.1: ", unresolved, "to 10.0.0.2: ", "Invalid token (500).", "`hosts` of `microk8s_node`"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_votes_beside_the_dead() {
    let world = World::new(4);
    world.admit(2, "voter");
    world.admit(3, "voter");
    world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = false;
    let refused = promptly(joining(&world, 4, Role::ControlPlane).await.run()).await.unwrap_err();
    assert_eq!(world.count(&scripts::JOIN), 0);
    let text = refused.into_diagnostic("Unable to join the cluster").detail;
    assert!(
        text.contains("voters that are not there: cp3.") && text.contains("remove-node cp3 --force"),
        "{text}"
    );
    // It left in the same apply.
    {
        let mut state = world.0.lock().unwrap();
        state.nodes.remove(&3);
        state.datastore.remove(&3);
    }
    joining(&world, 4, Role::ControlPlane).await.run().await.unwrap();
    assert_joined(&world, 4, Role::ControlPlane);
}

#[tokio::test(start_paused = true)]
async fn a_worker_and_a_dead_voter_that_comes_back_itself_may_join() {
    let world = World::new(4);
    world.admit(2, "voter");
    world.admit(3, "voter");
    world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = false;
    joining(&world, 4, Role::Worker).await.run().await.unwrap();
    {
        let mut state = world.0.lock().unwrap();
        let fresh = World::new(3).0.lock().unwrap().machines.remove(&3).unwrap();
        state.machines.insert(3, fresh);
    }
    joining(&world, 3, Role::ControlPlane).await.run().await.unwrap();
    assert_joined(&world, 3, Role::ControlPlane);
}

#[tokio::test(start_paused = true)]
async fn what_a_machine_itself_cannot_is_refused_before_a_token_is_used() {
    let refused = async |change: fn(&mut FakeMachine)| {
        let world = World::new(2);
        change(world.0.lock().unwrap().machines.get_mut(&2).unwrap());
        let refused = promptly(joining(&world, 2, Role::ControlPlane).await.run()).await.unwrap_err();
        assert_eq!(world.count(&scripts::ADD_NODE), 0);
        refused.answer().to_owned()
    };
    let low = refused(|machine| _ = machine.locks.insert("low-memory-guard.lock")).await;
    assert!(low.contains("does not have enough RAM"), "{low}");
    let twin = refused(|machine| machine.machine_id = "machine-1".to_owned()).await;
    assert_eq!(
        twin,
        "Its /etc/machine-id is machine-1, which is that of the node cp1 too: one machine is a copy of the other."
    );
    let alone = refused(|machine| machine.has_ipv4 = false).await;
    assert_eq!(alone, "It has IPv6 addresses only, and MicroK8s joins by IPv4.");
}

/// Whether it joins at once, is stopped anywhere on the way, or in the middle of the command itself.
#[tokio::test(start_paused = true)]
async fn the_kubelets_own_flags_survive_a_join() {
    let world = || {
        let world = World::new(2);
        let flags = "--read-only-port=0\n--max-pods=250\n--cluster-dns=10.0.0.99\n".to_owned();
        world.0.lock().unwrap().machines.get_mut(&2).unwrap().files.insert("kubelet".into(), flags);
        world
    };
    let assert_kept = |world: &World, case: &str| {
        let state = world.0.lock().unwrap();
        let (kubelet, kept) = (&state.machines[&2].files["kubelet"], &state.machines[&2].own_kubelet);
        assert_eq!(kubelet, "--node-ip=10.0.0.2,fd00::2\n--max-pods=250\n", "{case}");
        assert_eq!(*kept, None, "{case}");
    };
    let joins_at_once = world();
    joining(&joins_at_once, 2, Role::ControlPlane).await.run().await.unwrap();
    assert_kept(&joins_at_once, "at once");
    for step in STEPS {
        for moment in [Moment::Before, Moment::After] {
            let world = world();
            let stopped = joining(&world, 2, Role::ControlPlane).await;
            let steps = Steps::new(&STEPS).stopping(step.name(), moment);
            assert!(steps.run(&stopped, &stopped.deadline).await.is_err());
            joining(&world, 2, Role::ControlPlane).await.run().await.unwrap();
            assert_kept(&world, step.name());
        }
    }
    for effects in 1..14 {
        let world = world();
        world.0.lock().unwrap().faults.push(Fault::Stops(scripts::JOIN.name, effects));
        let _ = joining(&world, 2, Role::ControlPlane).await.run().await;
        joining(&world, 2, Role::ControlPlane).await.run().await.unwrap();
        assert_kept(&world, &format!("stopped after {effects} effects"));
    }
}

/// The node in the cluster is another object than the one that was labelled before.
#[tokio::test(start_paused = true)]
async fn the_nodes_labels_and_taints_come_back_in_the_cluster() {
    for role in [Role::ControlPlane, Role::Worker] {
        let world = World::new(2);
        let note = r#"{"labels":{"rack":"a"},"taints":[{"key":"gpu","effect":"NoSchedule"}]}"#;
        note.clone_into(&mut world.0.lock().unwrap().machines.get_mut(&2).unwrap().marks);
        joining(&world, 2, role).await.run().await.unwrap();
        let state = world.0.lock().unwrap();
        assert_eq!(state.machines[&2].node.labels["rack"], "a", "{role}");
        assert_eq!(state.machines[&2].node.taints.len(), 1, "{role}");
    }
    let without = World::new(2);
    joining(&without, 2, Role::ControlPlane).await.run().await.unwrap();
    assert_eq!(without.count(&scripts::PATCH_OWN_NODE), 0);
}
