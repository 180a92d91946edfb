//! The steps of a node against a machine that is played in-process.

use super::args::Args;
use super::hosts_block;
use super::removal::{REMOVAL, Removal};
use super::scripts::*;
use super::state::tests::printed;
use super::steps::{CREATION, Installation};
use crate::connection::retry::Deadline;
use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script, SshError};
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Moment, Steps};
use crate::microk8s::shared::machine::node_marks::{Marks, NOTE};
use crate::microk8s::shared::machine::scripts::{
    JOURNAL, LEAVE, NODES, OWN_NODE, PATCH_OWN_NODE, READINESS, RECORD, SNAPSHOT,
};
use crate::microk8s::shared::testing::PlayedNode;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tfplugin::types::Semantic;
use tokio_util::sync::CancellationToken;

/// What the played machine is like now.
#[derive(Clone, Debug, Default, PartialEq)]
struct Machine {
    claimed: bool,
    /// Channel and whether it is held.
    snap: Option<(String, bool)>,
    hosts: String,
    members: usize,
    /// Answers of snapd that come before it does anything.
    busy: u32,
    apt: u32,
    cloud_init: u32,
    refuses_to_leave: bool,
    installed: u32,
    never_ready: bool,
    marks: String,
    node: PlayedNode,
}

#[derive(Default)]
struct Played(Mutex<Machine>);

impl Played {
    fn with(machine: Machine) -> Arc<Self> {
        Arc::new(Self(Mutex::new(machine)))
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap()
    }
}

fn said(code: i32, stdout: impl Into<String>, stderr: &str) -> Output {
    Output { code, stdout: stdout.into(), stderr: stderr.to_owned() }
}

/// Counts down, and tells whether there was anything left.
fn takes_one(left: &mut u32) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

impl Machine {
    fn state(&self) -> String {
        let snap = match &self.snap {
            Some((channel, held)) => {
                let notes = if *held { "classic,held" } else { "classic" };
                format!(
                    "Name Version Rev Tracking Publisher Notes\nmicrok8s v1.35.1 8739 {channel} canonical** {notes}\ncode 0\n"
                )
            }
            None => "error: no matching snaps installed\ncode 1\n".to_owned(),
        };
        let mark = if self.claimed { "\u{1e}mark\nmicrok8s_node\n" } else { "" };
        let members: String =
            (1..=self.members).map(|last| format!("- Address: 10.0.0.{last}:19001\n")).collect();
        let marks = &self.marks;
        printed(&snap, &format!("{mark}\u{1e}marks\n{marks}\n\u{1e}members\n{members}"))
            .replace("127.0.0.1 localhost\n", &format!("127.0.0.1 localhost\n{}", self.hosts))
    }

    fn answer(&mut self, script: &Script, arguments: &[&str], stdin: &str) -> Output {
        let changes_snap = [INSTALL.name, REFRESH.name, REMOVE.name, HOLD.name].contains(&script.name);
        if changes_snap && takes_one(&mut self.busy) {
            return said(1, "", "error: snap \"microk8s\" has \"auto-refresh\" change in progress");
        }
        let channel = arguments.first().copied().unwrap_or_default();
        if channel == "9.9/stable" {
            return said(
                1,
                "",
                "error: snap \"microk8s\" not available on channel \"9.9/stable\" (see 'snap info microk8s')",
            );
        }
        match script.name {
            name if name == CLOUD_INIT.name => {
                said(0, if takes_one(&mut self.cloud_init) { "status: running" } else { "status: done" }, "")
            }
            name if name == APT.name => {
                said(0, if takes_one(&mut self.apt) { "77 (unattended-upgr)\n" } else { "" }, "")
            }
            name if name == CLAIM.name => {
                self.claimed = true;
                said(0, "", "")
            }
            name if name == DISCLAIM.name => {
                self.claimed = false;
                self.marks.clear();
                said(0, "", "")
            }
            // As snapd does, installing twice changes nothing and ends with 0.
            name if name == INSTALL.name => {
                if self.snap.is_none() {
                    self.installed += 1;
                    self.snap = Some((channel.to_owned(), false));
                    self.members = 1;
                }
                said(0, "", "")
            }
            name if name == REFRESH.name => {
                if let Some((tracking, _)) = &mut self.snap {
                    *tracking = channel.to_owned();
                }
                said(0, "", "")
            }
            name if name == HOLD.name => {
                if let Some((_, held)) = &mut self.snap {
                    *held = channel == "--hold";
                }
                said(0, "", "")
            }
            name if name == REMOVE.name => {
                (self.snap, self.members, self.node) = (None, 0, PlayedNode::default());
                said(0, "", "")
            }
            name if name == WRITE_HOSTS.name => {
                self.hosts = stdin.to_owned();
                said(0, "", "")
            }
            name if name == LEAVE.name => {
                if self.refuses_to_leave {
                    return said(3, "This is the only voter.", "");
                }
                self.members = 1;
                said(0, "", "")
            }
            name if name == SNAPSHOT.name => said(0, self.state(), ""),
            name if name == RECORD.name => {
                assert_eq!(arguments[0], NOTE);
                self.marks = stdin.to_owned();
                said(0, "", "")
            }
            name if name == OWN_NODE.name => said(0, self.node.json(), ""),
            name if name == PATCH_OWN_NODE.name => match self.node.patch(stdin) {
                true => said(0, "", ""),
                false => said(1, "", "Error from server (Conflict): the object has been modified"),
            },
            name if name == NODES.name => said(0, "{\"items\": []}", ""),
            name if name == READINESS.name => {
                let node = if self.snap.is_some() && !self.never_ready { "True: ready" } else { "False: no" };
                said(0, format!("\u{1e}locks\ncni-loaded\n\u{1e}certificate\nabc\n\u{1e}node\n{node}"), "")
            }
            name if name == SEEDED.name || name == PREFLIGHT.name => said(0, "", ""),
            name if name == JOURNAL.name => said(0, "started\nerror: unknown flag: --wrong\n", ""),
            other => panic!("nobody plays {other}"),
        }
    }
}

#[async_trait]
impl Shell for Played {
    fn address(&self) -> &str {
        "10.0.0.11"
    }

    async fn script(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let stdin = String::from_utf8_lossy(stdin.unwrap_or_default()).into_owned();
        Ok(self.machine().answer(script, arguments, &stdin))
    }

    async fn probe(&self, script: &'static Script) -> Result<Arc<Output>, SshError> {
        assert_eq!(script.name, SNAPSHOT.name);
        Ok(Arc::new(said(0, self.machine().state(), "")))
    }

    fn invalidate_probes(&self) {}

    fn warn_once(&self) -> bool {
        true
    }
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(600), &CancellationToken::new())
}

fn installation(machine: &Arc<Played>, channel: &str) -> Installation {
    let hosts = [("cp1".to_owned(), vec![Semantic::parse("10.0.0.11").unwrap()])].into();
    let channel = Semantic::parse(channel).unwrap();
    Installation {
        machine: Arc::clone(machine) as _,
        channel,
        hosts: Some(hosts),
        hold: true,
        storage: None,
        args: Args::new(),
        marks: marks(),
        deadline: deadline(),
        locks: Arc::default(),
    }
}

fn marks() -> Marks {
    Marks::noted(Some(
        r#"{"labels": {"rack": "a"}, "taints": [{"key": "gpu", "value": "1", "effect": "NoSchedule"}]}"#,
    ))
}

fn removal(machine: &Arc<Played>) -> Removal {
    Removal::new(Arc::clone(machine) as _, deadline(), Arc::default())
}

async fn create(machine: &Arc<Played>, channel: &str) -> Result<(), NodeError> {
    let installation = installation(machine, channel);
    Steps::new(&CREATION).run(&installation, &installation.deadline).await
}

fn text(failure: NodeError) -> String {
    failure.into_diagnostic("Unable to create MicroK8s node 10.0.0.11").detail
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_stopped_at_any_step_is_carried_on() {
    for step in CREATION {
        for moment in [Moment::Before, Moment::After] {
            let machine = Arc::new(Played::default());
            let target = installation(&machine, "1.35/stable");
            let stopped = Steps::new(&CREATION).stopping(step.name(), moment).run(&target, &deadline()).await;
            assert!(stopped.is_err());
            create(&machine, "1.35/stable").await.unwrap();
            let machine = machine.machine();
            assert_eq!(machine.snap, Some(("1.35/stable".to_owned(), true)), "{moment:?} {}", step.name());
            assert_eq!(machine.installed, 1);
            assert_eq!(machine.hosts, hosts_block::render(target.hosts.as_ref().unwrap()));
            assert_eq!(Marks::noted(Some(&machine.marks)), marks());
            assert_eq!(machine.node.labels["rack"], "a");
            assert_eq!(machine.node.taints[0]["key"], "gpu");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_was_stopped_at_any_step_is_carried_on_and_leaves_nothing() {
    for step in REMOVAL {
        for moment in [Moment::Before, Moment::After] {
            let machine = Arc::new(Played::default());
            create(&machine, "1.35/stable").await.unwrap();
            machine.machine().members = 2;
            let target = removal(&machine);
            let stopped = Steps::new(&REMOVAL).stopping(step.name(), moment).run(&target, &deadline()).await;
            assert!(stopped.is_err());
            target.run().await.unwrap();
            let left = Machine { installed: 1, ..Machine::default() };
            assert_eq!(*machine.machine(), left, "{moment:?} {}", step.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_had_company_is_still_listed_there() {
    for (members, is_warned) in [(1, false), (3, true)] {
        let machine = Arc::new(Played::default());
        create(&machine, "1.35/stable").await.unwrap();
        machine.machine().members = members;
        let warned = removal(&machine).run().await.unwrap();
        assert_eq!(warned.is_some(), is_warned, "{members}: {warned:?}");
        assert!(warned.is_none_or(|one| one.detail.contains("sudo microk8s remove-node cp1`")), "{members}");
    }
}

/// Somebody else changes the node between reading and writing, twice; what is not ours stays, and what an
/// earlier state had goes.
#[tokio::test(start_paused = true)]
async fn labels_and_taints_are_ours_alone() {
    let machine = Arc::new(Played::default());
    let cordon = serde_json::json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"});
    {
        let mut machine = machine.machine();
        machine.node.disturbed = 2;
        machine.node.labels.insert("theirs".into(), "x".into());
        machine.node.taints.push(cordon.clone());
    }
    create(&machine, "1.35/stable").await.unwrap();
    assert_eq!(machine.machine().node.taints.len(), 2);
    for marks in [Marks::default(), marks(), Marks::default()] {
        let target = Installation { marks: marks.clone(), ..installation(&machine, "1.35/stable") };
        super::steps::update(&target).await.unwrap();
        let machine = machine.machine();
        assert_eq!(Marks::noted(Some(&machine.marks)), marks);
        let labels: Vec<_> = machine.node.labels.keys().map(String::as_str).collect();
        let (with_ours, taints) =
            if marks == self::marks() { (vec!["rack", "theirs"], 2) } else { (vec!["theirs"], 1) };
        assert_eq!((labels, machine.node.taints.len()), (with_ours, taints));
        assert_eq!(machine.node.taints[0], cordon);
    }
    assert_eq!(machine.machine().marks, "", "nothing is noted where nothing is ours");
}

#[tokio::test(start_paused = true)]
async fn what_keeps_the_machine_busy_is_waited_for() {
    let machine = Played::with(Machine { busy: 3, apt: 3, cloud_init: 3, ..Machine::default() });
    create(&machine, "1.35/stable").await.unwrap();
    let machine = machine.machine();
    assert_eq!((machine.busy, machine.apt, machine.cloud_init), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_takes_too_long_says_for_whom() {
    let machine = Played::with(Machine { apt: u32::MAX, ..Machine::default() });
    let failed = text(create(&machine, "1.35/stable").await.unwrap_err());
    insta::assert_snapshot!("a_wait_that_takes_too_long", failed);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_become_ready_is_shown_with_its_log() {
    let machine = Played::with(Machine { never_ready: true, ..Machine::default() });
    let failed = text(create(&machine, "1.35/stable").await.unwrap_err());
    assert!(failed.contains("The node's condition Ready is not True: False: no"), "{failed}");
    assert!(failed.contains("error: unknown flag: --wrong"), "{failed}");
    assert!(failed.contains("This was the last result before the timeout."), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn another_channel_is_followed_though_install_would_be_content() {
    let machine = Played::with(Machine {
        claimed: true,
        snap: Some(("1.34/stable".into(), true)),
        members: 1,
        ..Machine::default()
    });
    create(&machine, "1.35").await.unwrap();
    assert_eq!(machine.machine().snap, Some(("1.35/stable".to_owned(), true)));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_installed_is_refused_with_the_import_block() {
    let machine =
        Played::with(Machine { snap: Some(("1.35/stable".into(), false)), members: 1, ..Machine::default() });
    let before = machine.machine().clone();
    let failed = text(create(&machine, "1.35/stable").await.unwrap_err());
    insta::assert_snapshot!("installed_by_somebody_else", failed);
    assert_eq!(*machine.machine(), before, "it is left as it was");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_channel_points_at_the_channel() {
    let machine = Arc::new(Played::default());
    let diagnostic = create(&machine, "9.9/stable").await.unwrap_err().into_diagnostic("x");
    assert_eq!(diagnostic.attribute, Some("channel".into()));
    insta::assert_snapshot!("an_unknown_channel", diagnostic.detail);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_leave_its_cluster_keeps_its_snap() {
    let snap = Some(("1.35/stable".to_owned(), true));
    let machine = Played::with(Machine {
        claimed: true,
        snap,
        members: 3,
        refuses_to_leave: true,
        ..Machine::default()
    });
    let failed = text(removal(&machine).run().await.unwrap_err());
    insta::assert_snapshot!("a_node_that_cannot_leave", failed);
    assert!(machine.machine().snap.is_some());
}
