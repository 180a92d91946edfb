//! One run of a container: started in its pod's sandbox, waited for, ended with all that it has started.

use super::root::{ContainerSpec, VolumeMount};
use super::sandbox::{self, Sandbox};
use super::{PodContext, environment, images, volumes};
use crate::failure::{Failure, Result, Tried};
use k8s_openapi::api::core::v1::Container;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

const POLL: Duration = Duration::from_millis(10);

/// A container that runs.
pub(crate) struct Run {
    process: Child,
    /// The container's first process and its mount namespace, by which all others of it are known; nothing
    /// where it was over too soon to be seen.
    seen: Option<(i32, PathBuf)>,
}

/// The exit code of a program, or what a shell would say for a signal.
pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

impl Run {
    /// Starts a container whose image is one of those that really run.
    pub(crate) async fn start(
        context: &PodContext,
        sandbox: &Sandbox,
        container: &Container,
    ) -> Result<Self> {
        let spec = spec(context, container).await?;
        let directory = context.directory.join("containers").join(&container.name);
        std::fs::create_dir_all(&spec.root).tried(|| format!("Cannot make {}", spec.root.display()))?;
        let file = directory.join("container.json");
        write_secret(&file, &serde_json::to_vec(&spec).tried(|| "Cannot describe a container".into())?)?;
        let log = log(context, &container.name)?;
        let errors = log.try_clone().tried(|| "Cannot share a container's log".into())?;
        let mut command = sandbox.inside();
        command.args(["unshare", "--mount", "--"]).arg(sandbox::called("container")?).arg(&file);
        command.stdin(Stdio::null()).stdout(log).stderr(errors).kill_on_drop(true);
        let process = command.spawn().tried(|| "Cannot run nsenter".into())?;
        let seen = look(process.id().unwrap_or_default()).await;
        Ok(Self { process, seen })
    }

    /// Waits for the container's first process, and ends whatever it leaves.
    pub(crate) async fn ended(&mut self) -> Result<i32> {
        let status = self.process.wait().await.tried(|| "Cannot wait for a container".into())?;
        self.end_the_rest();
        Ok(exit_code(status))
    }

    /// Asks the container to end, and ends it where it does not.
    pub(crate) async fn stop(&mut self, grace: Duration) -> Result<i32> {
        if let Some((first, _)) = &self.seen {
            // One that has just ended needs no signal any more.
            let _ = kill(Pid::from_raw(*first), Signal::SIGTERM);
        }
        if let Ok(ended) = timeout(grace, self.process.wait()).await {
            let status = ended.tried(|| "Cannot wait for a container".into())?;
            self.end_the_rest();
            return Ok(exit_code(status));
        }
        self.end_the_rest();
        self.process.kill().await.tried(|| "Cannot end a container".into())?;
        Ok(128 + nix::libc::SIGKILL)
    }

    fn end_the_rest(&self) {
        let Some((_, namespace)) = &self.seen else { return };
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if std::fs::read_link(entry.path().join("ns/mnt")).is_ok_and(|found| found == *namespace) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

/// The process that `nsenter` has forked, once it has a mount namespace of its own.
async fn look(nsenter: u32) -> Option<(i32, PathBuf)> {
    let namespace = |process: &str| std::fs::read_link(Path::new("/proc").join(process).join("ns/mnt")).ok();
    let own = namespace("self")?;
    let children = format!("/proc/{nsenter}/task/{nsenter}/children");
    for _ in 0..500 {
        let text = std::fs::read_to_string(&children).ok()?;
        if let Some(first) = text.split_whitespace().next()
            && let Some(found) = namespace(first).filter(|found| *found != own)
        {
            return Some((first.parse().ok()?, found));
        }
        // A process that has ended stays among the processes until it is waited for, without namespaces.
        let ended =
            std::fs::read_to_string(format!("/proc/{nsenter}/stat")).is_ok_and(|stat| stat.contains(") Z "));
        if ended {
            return None;
        }
        sleep(POLL).await;
    }
    None
}

async fn spec(context: &PodContext, container: &Container) -> Result<ContainerSpec> {
    let image = container.image.as_deref().unwrap_or_default();
    let image = images::find(image, &context.traffic).tried(|| format!("image {image} does not run here"))?;
    let environment = environment::of(context, container).await?;
    let own = |words: Option<&Vec<String>>| -> Vec<String> {
        words.into_iter().flatten().map(|word| environment::expand(word, &environment)).collect()
    };
    let (mut command, arguments) = (own(container.command.as_ref()), own(container.args.as_ref()));
    if command.is_empty() {
        command = image.entrypoint;
    }
    command.extend(arguments);
    let (pod, own) = (
        context.pod.spec.as_ref().and_then(|spec| spec.security_context.as_ref()),
        container.security_context.as_ref(),
    );
    let user = own.and_then(|own| own.run_as_user).or_else(|| pod.and_then(|pod| pod.run_as_user));
    let group = own.and_then(|own| own.run_as_group).or_else(|| pod.and_then(|pod| pod.run_as_group));
    let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    Ok(ContainerSpec {
        root: context.directory.join("containers").join(&container.name).join("root"),
        files: image.files,
        mounts: mounts(context, container)?,
        command,
        environment,
        directory: container.working_dir.clone().map(PathBuf::from),
        user: number(user),
        group: number(group),
        hosts: context.hosts(),
    })
}

fn mounts(context: &PodContext, container: &Container) -> Result<Vec<VolumeMount>> {
    let volumes = context.pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    let mount = |wanted: &k8s_openapi::api::core::v1::VolumeMount| {
        let volume = volumes.iter().find(|volume| volume.name == wanted.name);
        let volume = volume.tried(|| format!("the pod has no volume {}", wanted.name))?;
        let mut from = volumes::place(context, volume);
        if let Some(path) = &wanted.sub_path {
            from.push(path);
        }
        Ok(VolumeMount {
            from,
            at: PathBuf::from(&wanted.mount_path),
            read_only: wanted.read_only == Some(true),
        })
    };
    container.volume_mounts.iter().flatten().map(mount).collect()
}

/// The description holds what secrets hold.
fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    let failed = || format!("Cannot write {}", path.display());
    std::fs::write(path, "").tried(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).tried(failed)?;
    std::fs::write(path, content).tried(failed)
}

/// Where a kubelet has it, to be added to.
fn log(context: &PodContext, container: &str) -> Result<File> {
    let directory = context.logs().join(container);
    std::fs::create_dir_all(&directory).tried(|| format!("Cannot make {}", directory.display()))?;
    let path = directory.join("0.log");
    let opened = File::options().create(true).append(true).open(&path);
    opened.map_err(|error| Failure::new(format!("Cannot open {}: {error}", path.display())))
}
