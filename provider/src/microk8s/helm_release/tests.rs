//! A release on a machine whose Helm is played in-process.

use super::helm::{HELM, LIST};
use super::steps::{INSTALLATION, Wanted};
use super::{HelmRelease, HelmReleasePrivate, Values};
use crate::connection::retry::Deadline;
use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script, SshError};
use crate::engine::node_resource::step::{Moment, Steps};
use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tfplugin::Computed;
use tokio_util::sync::CancellationToken;

/// What the played cluster has.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cluster {
    /// Status, chart with version, and values.
    release: Option<(String, String, Json)>,
    revision: u32,
    /// Looks during which another helm still works.
    at_work: u32,
    /// What the next helm says, and fails.
    refuses: Option<&'static str>,
    /// Every change that helm was told, and the values it read.
    told: Vec<(String, String)>,
}

#[derive(Default)]
struct Played(Mutex<Cluster>);

impl Played {
    fn with(status: &str, chart: &str, values: Json) -> Arc<Self> {
        let release = Some((status.to_owned(), chart.to_owned(), values));
        Arc::new(Self(Mutex::new(Cluster { release, revision: 1, ..Cluster::default() })))
    }

    fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.0.lock().unwrap()
    }
}

impl Cluster {
    fn look(&mut self) -> String {
        let listed: Vec<_> = self.release.iter().map(|(status, chart, _)| {
            json!({ "name": "metallb", "revision": self.revision.to_string(), "status": status, "chart": chart, "app_version": "v0.15.2" })
        }).collect();
        let values = self.release.as_ref().map(|(.., values)| values.to_string()).unwrap_or_default();
        let running = if self.at_work > 0 { "77 helm upgrade metallb metallb" } else { "" };
        self.at_work = self.at_work.saturating_sub(1);
        format!("\u{1e}releases\n{}\n\u{1e}values\n{values}\n\u{1e}running\n{running}\n", Json::Array(listed))
    }

    fn helm(&mut self, arguments: &[&str], stdin: &str) -> Output {
        self.told.push((arguments.join(" "), stdin.to_owned()));
        if let Some(refusal) = self.refuses.take() {
            if refusal.contains("timed out") {
                self.release =
                    Some(("failed".into(), "metallb-0.15.2".into(), serde_json::from_str(stdin).unwrap()));
                self.revision += 1;
            }
            return said(1, "", &format!("Error: {refusal}\n"));
        }
        let pending = self.release.as_ref().is_some_and(|(status, ..)| status.starts_with("pending"));
        match arguments.first().copied().unwrap_or_default() {
            "upgrade" if pending => {
                return said(
                    1,
                    "",
                    "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n",
                );
            }
            "upgrade" => {
                let version =
                    arguments.iter().skip_while(|word| **word != "--version").nth(1).unwrap_or(&"0.15.2");
                self.release = Some((
                    "deployed".into(),
                    format!("metallb-{version}"),
                    serde_json::from_str(stdin).unwrap(),
                ));
                self.revision += 1;
            }
            "rollback" => self.release.as_mut().unwrap().0 = "deployed".into(),
            "uninstall" => self.release = None,
            other => panic!("helm {other}"),
        }
        said(0, "", "")
    }
}

fn said(code: i32, stdout: &str, stderr: &str) -> Output {
    Output { code, stdout: stdout.to_owned(), stderr: stderr.to_owned() }
}

#[async_trait]
impl Shell for Played {
    fn address(&self) -> &'static str {
        "10.0.0.11"
    }

    async fn script(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let stdin = String::from_utf8(stdin.unwrap_or_default().to_vec()).unwrap();
        Ok(match script.name {
            name if name == LIST.name => {
                assert_eq!(arguments, ["metallb", "metallb-system"]);
                said(0, &self.cluster().look(), "")
            }
            name if name == HELM.name => self.cluster().helm(arguments, &stdin),
            "microk8s kubectl get pods" => said(0, "metallb-speaker-x   0/4   ImagePullBackOff\n", ""),
            other => panic!("{other}"),
        })
    }

    async fn probe(&self, script: &'static Script) -> Result<Arc<Output>, SshError> {
        self.script(script, &[], None).await.map(Arc::new)
    }

    fn invalidate_probes(&self) {}

    fn warn_once(&self) -> bool {
        true
    }
}

fn values(json: &Json) -> Option<Values> {
    Values::of_json(json.as_object().unwrap().clone())
}

fn frr() -> Json {
    json!({ "speaker": { "frr": { "enabled": true } } })
}

fn release() -> HelmRelease {
    HelmRelease {
        host: "10.0.0.11".into(),
        name: "metallb".into(),
        namespace: "metallb-system".into(),
        create_namespace: true,
        repository: Some("https://charts.example".into()),
        chart: "metallb".into(),
        version: Computed::Known("0.15.2".into()),
        values: values(&frr()),
        secret_values_wo: None,
        secret_values_wo_version: None,
        timeouts: None,
        status: Computed::Pending,
        revision: Computed::Pending,
        app_version: Computed::Pending,
    }
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(600), &CancellationToken::new())
}

fn wanted(machine: &Arc<Played>) -> Wanted {
    release().wanted(Arc::clone(machine) as _, deadline())
}

async fn made(
    release: HelmRelease,
    machine: &Arc<Played>,
) -> Result<(HelmRelease, HelmReleasePrivate), String> {
    let mut private = HelmReleasePrivate::default();
    let wanted = release.wanted(Arc::clone(machine) as _, deadline());
    let made = release.create(&wanted, &mut private).await;
    made.map(|made| (made, private))
        .map_err(|failure| failure.into_diagnostic("Unable to install release metallb").detail)
}

#[tokio::test(start_paused = true)]
async fn an_installation_that_was_stopped_anywhere_is_carried_on() {
    for step in INSTALLATION.map(|step| step.name()) {
        for moment in [Moment::Before, Moment::After] {
            let machine = Arc::new(Played::default());
            let stop = Steps::new(&INSTALLATION).stopping(step, moment);
            assert!(stop.run(&wanted(&machine), &deadline()).await.is_err());
            made(release(), &machine).await.unwrap();
            let cluster = machine.cluster();
            assert_eq!(cluster.release, Some(("deployed".into(), "metallb-0.15.2".into(), frr())));
            assert_eq!(cluster.told.len(), 1, "{moment:?} {step}: {:?}", cluster.told);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_helm_that_is_no_more_left_pending_is_taken_back_first() {
    for (status, first) in
        [("pending-install", "uninstall"), ("uninstalling", "uninstall"), ("pending-upgrade", "rollback")]
    {
        let machine = Played::with(status, "metallb-0.15.2", frr());
        machine.cluster().at_work = 3;
        made(release(), &machine).await.unwrap();
        let cluster = machine.cluster();
        assert_eq!(cluster.release.as_ref().unwrap().0, "deployed");
        assert!(cluster.told[0].0.starts_with(first), "{:?}", cluster.told);
        assert_eq!(cluster.at_work, 0, "the helm that worked was waited for");
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_that_is_something_else_is_refused_with_the_import_to_use() {
    let refused = made(release(), &Played::with("deployed", "metallb-0.14.9", frr())).await.unwrap_err();
    insta::assert_snapshot!(refused);
    let other_chart = made(release(), &Played::with("failed", "nginx-1.0.0", json!(null))).await.unwrap_err();
    assert!(other_chart.contains("chart nginx 1.0.0"), "{other_chart}");
    // What failed of the same chart is ours to carry on.
    let failed = Played::with("failed", "metallb-0.14.9", json!(null));
    made(release(), &failed).await.unwrap();
    assert_eq!(failed.cluster().release.as_ref().unwrap().1, "metallb-0.15.2");
}

#[tokio::test(start_paused = true)]
async fn objects_that_do_not_become_ready_are_told_with_the_pods() {
    let machine = Arc::new(Played::default());
    machine.cluster().refuses = Some("timed out waiting for the condition");
    let refused = made(release(), &machine).await.unwrap_err();
    insta::assert_snapshot!(refused);
    made(release(), &machine).await.unwrap();
    assert_eq!(machine.cluster().release.as_ref().unwrap().0, "deployed", "the next apply carries on");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_not_there_yet_is_waited_for() {
    let machine = Arc::new(Played::default());
    machine.cluster().refuses = Some("Kubernetes cluster unreachable: connection refused");
    made(release(), &machine).await.unwrap();
    assert_eq!(machine.cluster().told.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn secret_values_go_by_stdin_and_never_into_the_state() {
    let machine = Arc::new(Played::default());
    let secret = json!({ "speaker": { "memberlist": { "secret": "hunter2" } } });
    let mut asked = release();
    asked.secret_values_wo = values(&secret);
    let (made, mut private) = made(asked, &machine).await.unwrap();
    let (arguments, stdin) = machine.cluster().told[0].clone();
    assert!(
        !arguments.contains("hunter2") && stdin.contains("hunter2") && stdin.contains("frr"),
        "{arguments}"
    );
    assert!(!serde_json::to_string(&private).unwrap().contains("hunter2"));
    // A refresh sees the release with them, and no difference.
    let seen = super::helm::find(&*machine, "metallb-system", "metallb").await.unwrap().release.unwrap();
    let again = made.clone().refreshed(&seen, &mut private);
    assert_eq!(again.values, made.values);
    assert_eq!(Json::Object(again.values.unwrap().json().clone()), frr());
}

#[tokio::test(start_paused = true)]
async fn what_others_changed_is_found_and_what_says_the_same_is_kept_as_written() {
    let machine = Arc::new(Played::default());
    let (made, mut private) = made(release(), &machine).await.unwrap();
    let look =
        async || super::helm::find(&*machine, "metallb-system", "metallb").await.unwrap().release.unwrap();
    machine.cluster().release = Some(("deployed".into(), "metallb-v0.15.2".into(), frr()));
    let seen = made.clone().refreshed(&look().await, &mut private);
    assert_eq!(seen.version, made.version);
    machine.cluster().release =
        Some(("failed".into(), "metallb-0.15.3".into(), json!({ "loadBalancerClass": "x" })));
    let seen = made.refreshed(&look().await, &mut private);
    assert_eq!(seen.version, Computed::Known("0.15.3".into()));
    assert_eq!(seen.status, Computed::Known("failed".into()));
    assert_eq!(seen.values.unwrap().json(), &Map::from_iter([("loadBalancerClass".to_owned(), json!("x"))]));
}

#[tokio::test(start_paused = true)]
async fn removing_what_is_gone_is_done() {
    let machine = Played::with("deployed", "metallb-0.15.2", frr());
    wanted(&machine).remove().await.unwrap();
    wanted(&machine).remove().await.unwrap();
    assert_eq!(machine.cluster().told.len(), 1);
    assert_eq!(machine.cluster().release, None);
}
