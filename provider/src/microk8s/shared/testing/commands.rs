//! What `microk8s join`, `leave` and `remove-node` do to a machine and its cluster, one effect after the
//! other in the order of `scripts/wrappers/{join,leave,remove_node}.py` of tag v1.35, so that they can be
//! stopped between any two.

use super::{FakeMachine, Fault, State};
use crate::microk8s::shared::machine::scripts::{JOIN, LEAVE, REMOVE_NODE, RESET};

/// How a command ends here that was stopped.
pub(super) const STOPPED: i32 = i32::MIN;

/// The datastore's files on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    /// Of one member.
    Alone,
    /// Of a cluster's.
    Shared,
    /// Begun anew, and not started since.
    Blank,
}

/// How a command ended, with what it printed.
pub(super) type Ended = (i32, String);

/// One thing that a command does.
type Effect = Box<dyn Fn(&mut State)>;

fn on(last: u8, effect: impl Fn(&mut FakeMachine) + 'static) -> Effect {
    Box::new(move |state| effect(state.machines.get_mut(&last).unwrap()))
}

fn lock(last: u8, name: &'static str) -> Effect {
    on(last, move |machine| _ = machine.locks.insert(name))
}

fn unlock(last: u8, name: &'static str) -> Effect {
    on(last, move |machine| _ = machine.locks.remove(name))
}

fn serves(last: u8, serves: bool) -> Effect {
    on(last, move |machine| {
        machine.serves = serves;
        if serves && machine.backend == Backend::Blank {
            machine.backend = Backend::Alone;
        }
        if serves {
            machine.running.clone_from(&machine.files);
        }
    })
}

impl State {
    /// Has these effects, unless it is stopped before.
    fn have(&mut self, name: &str, effects: &[Effect]) -> Ended {
        let stop = self.faults.iter().position(|fault| matches!(fault, Fault::Stops(one, _) if *one == name));
        let most = match stop.map(|at| self.faults.remove(at)) {
            Some(Fault::Stops(_, most)) => most,
            _ => usize::MAX,
        };
        for effect in effects.iter().take(most) {
            effect(self);
        }
        if most < effects.len() { (STOPPED, String::new()) } else { (0, String::new()) }
    }

    pub(super) fn join(&mut self, last: u8, endpoint: &str, worker: bool) -> Ended {
        let Some((address, _)) = endpoint.trim().split_once(":25000/92b2db237428470dc4fcfc4ebbd9dc81/")
        else {
            return (1, "Invalid connection".into());
        };
        let contacted: u8 = address.rsplit('.').next().unwrap().parse().unwrap();
        if self.faults.contains(&Fault::JoinDoesNothing) {
            return (0, "Successfully joined the cluster.".into());
        }
        let machine = self.machines.get_mut(&last).unwrap();
        let began = ["join-in-progress", "no-cert-reissue"].iter().any(|lock| machine.locks.contains(lock));
        if machine.own_kubelet.is_none() && !began {
            machine.own_kubelet = machine.files.get("kubelet").cloned();
        }
        lock(last, "join-in-progress")(self);
        let said = self.faults.iter().find_map(|fault| match fault {
            Fault::RefusesJoins(last, said) if *last == contacted => Some((*said).to_owned()),
            _ => None,
        });
        let refusal = match said {
            Some(said) => Some(said),
            None => self
                .datastore
                .contains_key(&last)
                .then(|| format!("The joining node (10.0.0.{last}) is already known to dqlite (504).")),
        };
        if let Some(refusal) = refusal {
            return (6, format!("Contacting cluster at {address}\nConnection failed. {refusal}"));
        }
        let kubelet =
            self.machines[&contacted].files["kubelet"].replace("10.0.0.1,fd00::1", &format!("10.0.0.{last}"));
        let (ca, key) = (super::AUTHORITY.to_owned(), super::AUTHORITY.to_owned());
        let mut effects = vec![
            lock(last, "join-in-progress"),
            lock(contacted, "no-cert-reissue"),
            on(contacted, |machine| machine.backend = Backend::Shared),
        ];
        let take_kubelet = on(last, move |machine| {
            machine.files.insert("kubelet".into(), kubelet.clone());
        });
        if worker {
            effects.extend([
                on(last, move |machine| machine.remote = Some(ca.clone())),
                take_kubelet,
                unlock(last, "no-apiserver-proxy"),
                lock(last, "clustered.lock"),
                lock(last, "no-k8s-dqlite"),
                serves(last, true),
                Box::new(move |state| _ = state.nodes.insert(last, false)),
            ]);
        } else {
            effects.extend([
                on(last, move |machine| machine.authority.clone_from(&ca)),
                on(last, move |machine| machine.key.clone_from(&key)),
                take_kubelet,
                serves(last, false),
                on(last, |machine| machine.backend = Backend::Blank),
                on(last, |machine| machine.backend = Backend::Shared),
                Box::new(move |state| {
                    let vote = if state.datastore.len() < 2 { "spare" } else { "voter" };
                    state.datastore.insert(last, vote);
                }),
                serves(last, true),
                Box::new(move |state| _ = state.nodes.insert(last, true)),
            ]);
        }
        effects.extend([lock(last, "no-cert-reissue"), unlock(last, "join-in-progress")]);
        self.have(JOIN.name, &effects)
    }

    pub(super) fn leave(&mut self, last: u8) -> Ended {
        if self.machines[&last].locks.contains("join-in-progress") {
            lock(last, "no-cert-reissue")(self);
            unlock(last, "join-in-progress")(self);
        }
        self.leave_as(last, LEAVE.name)
    }

    fn leave_as(&mut self, last: u8, name: &str) -> Ended {
        let machine = &self.machines[&last];
        let has = |lock: &str| machine.locks.contains(lock);
        if has("stopped.lock") || !has("no-cert-reissue") {
            return (1, "This MicroK8s deployment is not acting as a node in a cluster.".into());
        }
        if has("clustered.lock") && !has("no-apiserver-proxy") {
            return self.leave_as_worker(last, name);
        }
        // Asked of any member that its own file names.
        let others = self.datastore.keys().any(|one| *one != last && self.machines[one].serves);
        let answered = match machine.backend {
            Backend::Alone => machine.serves,
            Backend::Shared => others,
            Backend::Blank => false,
        };
        if !answered {
            return (1, "Traceback (most recent call last):\nsubprocess.CalledProcessError".into());
        }
        let voters = self.datastore.values().filter(|vote| **vote == "voter").count();
        if self.datastore.get(&last) == Some(&"voter") && voters == 1 && self.datastore.len() > 1 {
            return (3, "the only voter".into());
        }
        let effects = [
            serves(last, false),
            Box::new(move |state: &mut State| _ = state.datastore.remove(&last)) as Effect,
            on(last, |machine| machine.backend = Backend::Blank),
            serves(last, true),
            on(last, |machine| machine.calico = true),
            unlock(last, "no-cert-reissue"),
            lock(last, "stopped.lock"),
            serves(last, false),
            serves(last, true),
            unlock(last, "stopped.lock"),
        ];
        // A cluster of its own has no Calico until it was applied.
        self.machines.get_mut(&last).unwrap().calico = false;
        self.have(name, &effects)
    }

    fn leave_as_worker(&mut self, last: u8, name: &str) -> Ended {
        let machine = &self.machines[&last];
        if machine.remote.is_none() {
            lock(last, "no-apiserver-proxy")(self);
            return (1, "FileNotFoundError: ca.remote.crt".into());
        }
        if machine.authority != machine.key {
            return (1, "subprocess.CalledProcessError: openssl".into());
        }
        if !machine.locks.contains("no-k8s-dqlite") {
            return (2, "Not in clustering mode.".into());
        }
        let effects = [
            lock(last, "no-apiserver-proxy"),
            on(last, |machine| machine.remote = None),
            serves(last, false),
            on(last, |machine| machine.backend = Backend::Blank),
            on(last, |machine| {
                machine.files.insert("kubelet".into(), "--read-only-port=0\n".into());
            }),
            unlock(last, "no-cert-reissue"),
            unlock(last, "clustered.lock"),
            unlock(last, "no-k8s-dqlite"),
            lock(last, "stopped.lock"),
            serves(last, true),
            unlock(last, "stopped.lock"),
            on(last, |machine| machine.calico = true),
        ];
        self.machines.get_mut(&last).unwrap().calico = false;
        self.have(name, &effects)
    }

    /// As [`RESET`] says.
    pub(super) fn reset(&mut self, last: u8) -> Ended {
        let locks = &self.machines[&last].locks;
        let marks = ["join-in-progress", "clustered.lock", "no-k8s-dqlite", "no-cert-reissue"];
        if !marks.iter().any(|mark| locks.contains(mark)) {
            // The kicker applies Calico's manifest where the lock is missing, and puts it back.
            let mend = on(last, |machine| {
                machine.locks.remove("stopped.lock");
                machine.calico = true;
                machine.broken_off.clear();
            });
            return self.have(RESET.name, &[mend, serves(last, true)]);
        }
        let own = format!("own-{last}");
        let effects = [
            on(last, move |machine| {
                if machine.authority != machine.key {
                    machine.authority.clone_from(&own);
                }
            }),
            on(last, |machine| {
                // What is put back is an empty file.
                machine.remote.get_or_insert_with(|| super::NOTHING.to_owned());
            }),
            lock(last, "clustered.lock"),
            lock(last, "no-k8s-dqlite"),
            lock(last, "no-cert-reissue"),
            unlock(last, "no-apiserver-proxy"),
            unlock(last, "stopped.lock"),
            unlock(last, "join-in-progress"),
        ];
        match self.have(RESET.name, &effects) {
            (0, _) => {}
            stopped => return stopped,
        }
        let ended = self.leave_as(last, "the leave of a reset");
        if ended.0 == 0 {
            self.machines.get_mut(&last).unwrap().broken_off.clear();
        }
        ended
    }

    pub(super) fn remove_node(&mut self, target: &str) -> Ended {
        let named = |(_, machine): &(&u8, &FakeMachine)| machine.name == target;
        let found = self.machines.iter().find(named).map(|(number, _)| *number);
        let found = found.or_else(|| target.rsplit('.').next()?.parse().ok()).unwrap();
        let effects = [
            Box::new(move |state: &mut State| _ = state.datastore.remove(&found)) as Effect,
            Box::new(move |state: &mut State| _ = state.nodes.remove(&found)),
        ];
        self.have(REMOVE_NODE.name, &effects)
    }
}
