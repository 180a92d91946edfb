//! Machines in memory that answer the scripts of a cluster as MicroK8s would, with faults.

mod commands;
mod maintenance;
mod node;
mod reports;
mod shell;
mod time;

use super::config_files::dual_stack::DualStack;
use super::machine::node_marks::NOTE;
use super::machine::{Machine, Machines};
use crate::connection::ssh::Script;
use crate::connection::ssh::Shell;
use crate::microk8s::addon::steps::{ADDONS, DISABLE};
use crate::microk8s::node::scripts::REMOVE;
use crate::microk8s::shared::machine::scripts;
use commands::Backend;
pub(crate) use node::PlayedNode;
use shell::FakeShell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
pub(crate) use time::{deadline, promptly};

/// The settings of a cluster with both families, whether or not its machines have them yet.
pub(crate) fn dual_stack() -> DualStack {
    DualStack {
        pods: "10.1.0.0/16,fd01::/64".parse().unwrap(),
        services: "10.152.183.0/24,fd98::/108".parse().unwrap(),
        nat_outgoing: true,
        autodetection: "first-found".into(),
    }
}

/// A machine's own side.
#[derive(Clone, Debug)]
pub(crate) struct FakeMachine {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) locks: BTreeSet<&'static str>,
    pub(crate) authority: String,
    /// The key of that authority, which is stored after it.
    key: String,
    /// The authority of the cluster that it is a worker of.
    pub(crate) remote: Option<String>,
    backend: Backend,
    /// Whether the snap's services run, and whether Calico is in its cluster.
    pub(crate) serves: bool,
    pub(crate) calico: bool,
    /// Commands of ours that were broken off.
    pub(crate) broken_off: BTreeSet<&'static str>,
    pub(crate) installed: bool,
    /// The files that kubelite works with.
    running: BTreeMap<String, String>,
    /// Services that have not read a file yet.
    pending: BTreeSet<String>,
    pub(crate) reachable: bool,
    pub(crate) machine_id: String,
    pub(crate) has_ipv4: bool,
    /// The kubelet's flags of before a join.
    pub(crate) own_kubelet: Option<String>,
    /// The note of its labels and taints, and its node in the cluster.
    pub(crate) marks: String,
    /// The note of what flags of ours were before.
    pub(crate) arguments: String,
    pub(crate) node: PlayedNode,
    /// How often its certificate was made.
    pub(crate) certificate: u32,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `join` ends with 0 and did nothing.
    JoinDoesNothing,
    /// The control plane of this last number does not let anybody in, and says this.
    RefusesJoins(u8, &'static str),
    /// kubelite ends when it is told this.
    Chokes(&'static str),
    /// The next command of that name is stopped after so many of its effects, by a reboot of its machine.
    Stops(&'static str, usize),
    /// Nodes have labels of their operator's own, and none of MicroK8s'.
    NoLabels,
    /// `microk8s disable` ends with this, and `dns` shows as enabled before and after it.
    AddonStays(i32),
    /// The machine of this last number works and cannot be reached over SSH.
    NoSsh(u8),
    /// The same, at this address alone.
    NoSshAt(&'static str),
    /// `refresh-certs` ends with 0 and changes nothing.
    CertificateStays,
    /// A restarted node serves when its readiness was asked for so often.
    StartsAfter(u8),
}

/// The machines and the one cluster that their control planes share.
#[derive(Default)]
pub(crate) struct State {
    /// By the last number of the address.
    pub(crate) machines: BTreeMap<u8, FakeMachine>,
    /// Nodes, with whether they are control planes.
    pub(crate) nodes: BTreeMap<u8, bool>,
    /// Members of the datastore, with their votes.
    pub(crate) datastore: BTreeMap<u8, &'static str>,
    pub(crate) faults: Vec<Fault>,
    /// Addresses at which a configuration reaches nodes, by their names; the number at the end, below 100,
    /// is the machine's.
    pub(crate) hosts: BTreeMap<String, Vec<String>>,
    /// Scripts that ran, with the last number of the machine.
    pub(crate) ran: Vec<(u8, &'static str)>,
}

/// A shared handle.
#[derive(Clone, Default)]
pub(crate) struct World(pub(crate) Arc<Mutex<State>>);

/// The digest of the cluster's certificate authority.
const AUTHORITY: &str = "cluster-authority";

/// The digest of an empty file.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The cluster's identity.
const ID: &str = "00000000-0000-0000-0000-000000000001";
/// Agents that are up to date.
const CALICO_AGENTS: &str = r#"{"metadata": {"generation": 1}, "status": {"observedGeneration": 1}}"#;
const TOKEN: &str = "92b2db237428470dc4fcfc4ebbd9dc81/2c0cb3284b05";

impl World {
    /// A dual-stack cluster of one control plane, `cp1` at 10.0.0.1, and other machines, `cp2` and so on.
    pub(crate) fn new(machines: u8) -> Self {
        let world = Self::default();
        let mut state = world.0.lock().unwrap();
        for last in 1..=machines {
            let mut machine = FakeMachine::new(last);
            if last == 1 {
                machine.authority = AUTHORITY.to_owned();
                machine.key = AUTHORITY.to_owned();
                machine.files.insert("kubelet".into(), "--node-ip=10.0.0.1,fd00::1\n".into());
                let pods = "--cluster-cidr=10.1.0.0/16,fd01::/64\n";
                let services = "--service-cluster-ip-range=10.152.183.0/24,fd98::/108\n";
                machine.files.insert("kube-proxy".into(), pods.into());
                machine.files.insert("kube-controller-manager".into(), format!("{pods}{services}"));
                machine.files.insert("kube-apiserver".into(), services.into());
                machine.running.clone_from(&machine.files);
            }
            state.machines.insert(last, machine);
        }
        state.nodes.insert(1, true);
        state.datastore.insert(1, "voter");
        drop(state);
        world
    }

    /// Makes a machine a control plane of the cluster, without any command.
    pub(crate) fn admit(&self, last: u8, vote: &'static str) {
        let mut state = self.0.lock().unwrap();
        state.nodes.insert(last, true);
        state.datastore.insert(last, vote);
        for number in [1, last] {
            let machine = state.machines.get_mut(&number).unwrap();
            machine.locks.insert("no-cert-reissue");
            machine.authority = AUTHORITY.to_owned();
            machine.key = AUTHORITY.to_owned();
            machine.backend = Backend::Shared;
        }
    }

    /// How often a script ran.
    pub(crate) fn count(&self, script: &Script) -> usize {
        self.0.lock().unwrap().ran.iter().filter(|(_, name)| *name == script.name).count()
    }

    pub(crate) fn shell_at(&self, last: u8) -> Arc<dyn Shell> {
        Arc::new(FakeShell { address: format!("10.0.0.{last}"), last, world: self.clone() })
    }

    pub(crate) fn shell(&self, last: u8) -> Machine {
        self.machine(&format!("10.0.0.{last}"))
    }
}

impl FakeMachine {
    fn new(last: u8) -> Self {
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = BTreeMap::from([
            text("kube-apiserver", "--service-cluster-ip-range=10.152.183.0/24\n"),
            text(
                "kube-controller-manager",
                "--cluster-cidr=10.1.0.0/16\n--service-cluster-ip-range=10.152.183.0/24\n",
            ),
            text("kube-proxy", "--cluster-cidr=10.1.0.0/16\n"),
            text("kubelet", "--read-only-port=0\n"),
            text("cni-network/cni.yaml", include_str!("../config_files/testdata/cni.yaml")),
        ]);
        let locks = BTreeSet::from(["installed.lock", "cni-loaded", "no-apiserver-proxy"]);
        let authority = format!("own-{last}");
        Self {
            name: format!("cp{last}"),
            key: authority.clone(),
            authority,
            remote: None,
            backend: Backend::Alone,
            serves: true,
            calico: true,
            broken_off: BTreeSet::new(),
            installed: true,
            running: files.clone(),
            files,
            locks,
            pending: BTreeSet::new(),
            arguments: String::new(),
            reachable: true,
            machine_id: format!("machine-{last}"),
            has_ipv4: true,
            own_kubelet: None,
            marks: String::new(),
            node: PlayedNode::default(),
            certificate: 1,
        }
    }

    /// `datastore` are the numbers of the cluster's datastore.
    fn look(&self, last: u8, datastore: &BTreeMap<u8, &'static str>) -> String {
        let section = |name: &str, text: &str| format!("\u{1e}{name}\n{text}\n");
        let files: String = self.files.iter().map(|(name, text)| format!("\u{1e}{name}\n{text}")).collect();
        let locks = self.locks.iter().copied().collect::<Vec<_>>().join("\n");
        let ipv4 = if self.has_ipv4 { format!("10.0.0.{last}") } else { format!("fd00:1::{last}") };
        let addresses = format!(
            "[{{\"ifname\": \"lo\", \"addr_info\": [{{\"local\": \"127.0.0.1\", \"scope\": \"host\"}}]}}, \
             {{\"ifname\": \"eth0\", \"addr_info\": [{{\"local\": \"{ipv4}\", \"scope\": \"global\"}}, \
             {{\"local\": \"fd00::{last}\", \"scope\": \"global\"}}]}}]"
        );
        let pending = self.pending.iter().cloned().collect::<Vec<_>>().join("\n");
        let snap = if self.installed {
            "microk8s v1.35.1 8739 1.35/stable canonical** classic\ncode 0"
        } else {
            "error: no matching snaps installed"
        };
        let broken_off = self.broken_off.iter().copied().collect::<Vec<_>>().join("\n");
        let about = section("hostname", &self.name)
            + &section("machine-id", &self.machine_id)
            + &section("snap", snap)
            + &section("marks", &self.marks)
            + &section("arguments", &self.arguments)
            + &section("broken-off", &broken_off);
        if !self.installed {
            return about;
        }
        let members: String = match self.backend {
            Backend::Shared => {
                datastore.keys().map(|one| format!("- Address: 10.0.0.{one}:19001\n")).collect()
            }
            Backend::Alone | Backend::Blank => String::new(),
        };
        about
            + &files
            + &section("own-kubelet", self.own_kubelet.as_deref().unwrap_or_default().trim_end())
            + &section("default-kubelet", "--read-only-port=0")
            + &section("locks", &locks)
            + &section("ca.crt", &self.authority)
            + &section("ca.remote.crt", self.remote.as_deref().unwrap_or_default())
            + &section("members", &members)
            + &section("pending", &pending)
            + &section("addresses", &addresses)
    }

    /// That service has not read its files yet, or was not seen to work with them.
    pub(crate) fn left_unread(&mut self, service: &str) {
        self.pending.insert(service.to_owned());
        self.running.clone_from(&self.files);
    }

    fn is_up(&self, faults: &[Fault]) -> bool {
        let chokes = |fault: &Fault| match fault {
            Fault::Chokes(flag) => self.running.values().any(|text| text.contains(flag)),
            _ => false,
        };
        self.reachable && self.serves && !faults.iter().any(chokes)
    }
}

impl State {
    fn run(&mut self, last: u8, script: &Script, arguments: &[&str], stdin: &str) -> (i32, String) {
        let up = self.machines[&last].is_up(&self.faults);
        let machine = self.machines.get_mut(&last).unwrap();
        let answered = |text: String| if up { (0, text) } else { (1, "connection refused".to_owned()) };
        let nothing = (0, String::new());
        match script.name {
            name if name == scripts::SNAPSHOT.name => (0, machine.look(last, &self.datastore)),
            name if name == scripts::WRITE.name => {
                machine
                    .pending
                    .extend(arguments[2..].iter().filter(|one| !one.is_empty()).map(|one| (*one).to_owned()));
                machine.files.insert(arguments[0].to_owned(), stdin.to_owned());
                nothing
            }
            name if name == scripts::RESTART.name => {
                machine.running.clone_from(&machine.files);
                nothing
            }
            name if name == scripts::SETTLED.name => {
                machine.pending.clear();
                nothing
            }
            name if name == scripts::RECORD.name => {
                let note = match arguments[0] {
                    NOTE => &mut machine.marks,
                    "arguments" => &mut machine.arguments,
                    other => panic!("no note is called {other:?}"),
                };
                stdin.clone_into(note);
                nothing
            }
            name if name == scripts::OWN_NODE.name => {
                let played = machine.node.clone();
                match self.node_json(arguments[0]).filter(|_| up) {
                    Some(node) => (0, played.within(node)),
                    None => (1, "connection refused".to_owned()),
                }
            }
            name if name == scripts::PATCH_OWN_NODE.name => {
                (i32::from(!machine.node.patch(stdin)), String::new())
            }
            name if name == scripts::READY.name => answered("ok".into()),
            name if name == scripts::NODES.name => answered(self.nodes_json()),
            name if name == scripts::CLUSTER_ID.name => answered(ID.into()),
            name if name == scripts::STATUS.name => answered(self.status_yaml()),
            name if name == scripts::ADD_NODE.name => {
                (0, format!("{{\"token\": \"{TOKEN}\", \"urls\": []}}"))
            }
            name if name == scripts::JOIN.name => self.join(last, stdin, arguments == ["--worker"]),
            name if name == scripts::FORGET_JOIN.name => {
                machine.locks.remove("join-in-progress");
                nothing
            }
            name if name == scripts::FORGET_OWN_FLAGS.name => {
                machine.own_kubelet = None;
                nothing
            }
            name if name == scripts::LEAVE.name => self.leave(last),
            name if name == scripts::RESET.name => self.reset(last),
            name if name == scripts::REMOVE_NODE.name => self.remove_node(arguments[0]),
            name if name == DISABLE.name => {
                assert_eq!(arguments, ["core/dns"]);
                let code = self.faults.iter().find_map(|fault| match fault {
                    Fault::AddonStays(code) => Some(*code),
                    _ => None,
                });
                (code.unwrap_or_default(), "Disabling DNS".to_owned())
            }
            name if name == ADDONS.name => (0, reports::CORE_ADDONS.to_owned()),
            name if name == REMOVE.name => {
                machine.installed = false;
                nothing
            }
            name if name == scripts::HAND_OVER.name => {
                let heir = *self.datastore.keys().find(|number| **number != last).unwrap();
                self.datastore.insert(heir, "voter");
                self.datastore.insert(last, "spare");
                nothing
            }
            name if name == scripts::SERVICES.name => {
                (0, format!("NRestarts=0\nActiveState={}\n", if up { "active" } else { "failed" }))
            }
            name if name == scripts::APPLY_CALICO.name => answered(String::new()),
            name if name == scripts::CALICO.name => answered(CALICO_AGENTS.to_owned()),
            name if name == scripts::SERVICE_RANGES.name => answered("[10.152.183.0/24]".into()),
            name if name == scripts::LOAD_BALANCER_RANGES.name => (1, String::new()),
            name if name == scripts::JOURNAL.name => (0, "started\nerror: unknown flag: --wrong\n".into()),
            name if name == scripts::CONFIGURE.name => nothing,
            name => self.maintain(last, name, arguments),
        }
    }
}
