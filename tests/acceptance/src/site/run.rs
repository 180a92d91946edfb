//! Build-outs on a site, one after the other: each leaves the machines and the router as they were.

use super::build_outs::{CASES, Case, OVERRIDE, overrides};
use super::file::Site;
use super::machine::{Reached, Remembered, reached, write_ssh_configuration};
use super::router::{self, WRITTEN};
use crate::terminal::{plan_again, say, terraform, title};
use crate::{BuildOut, Cli, Failure, Place, Workspace};
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// The environment variable that allows it.
const WORD: &str = "ACCEPTANCE_ERASE";

/// What came of it.
#[derive(Debug, Default)]
pub struct Summary {
    done: Vec<&'static str>,
    not_tried: Vec<String>,
    problems: Vec<String>,
}

impl Summary {
    /// Whether all that was tried was applied, and destroyed without a trace.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && !self.done.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.done {
            writeln!(formatter, "applied, planned again and destroyed without a trace: {name}")?;
        }
        for one in &self.not_tried {
            writeln!(formatter, "not tried: {one}")?;
        }
        for one in &self.problems {
            writeln!(formatter, "wrong: {one}")?;
        }
        Ok(())
    }
}

/// Says what will be done to the machines and the router, and does it where the environment allows that.
pub async fn rehearse(site: &Site) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    let mut cases = Vec::new();
    for case in CASES.iter().filter(|case| site.wants(case)) {
        match case.lacks(site) {
            Some(lacking) => summary.not_tried.push(format!("{}: it needs {lacking}", case.name)),
            None => cases.push(case),
        }
    }
    announce(site, &cases);
    if std::env::var(WORD).as_deref() != Ok("yes") {
        return Err(Failure::new(format!("nothing was done: {WORD}=yes allows it")));
    }
    let folder = tempfile::tempdir().map_err(Failure::system("make", "a folder"))?;
    let ssh_configuration = write_ssh_configuration(site, folder.path())?;
    let targets = Targets::reach(site, &ssh_configuration).await?;
    targets.check_free().await?;
    for case in cases {
        if !summary.problems.is_empty() {
            summary.not_tried.push(format!("{}: the one before it left something", case.name));
            continue;
        }
        title(&format!("Build-out {}", case.name));
        let before = targets.remember().await?;
        match rehearse_one(case, site, &ssh_configuration).await? {
            Ended { problems, destroyed: true } => summary.problems.extend(problems),
            Ended { problems, destroyed: false } => {
                summary.problems.extend(problems);
                // The state that is kept names the files in it.
                let _ = folder.keep();
                return Ok(summary);
            }
        }
        title("What is left");
        let left = targets.left(&before).await?;
        if left.is_empty() {
            say("nothing");
        }
        summary.problems.extend(left);
        if summary.problems.is_empty() {
            summary.done.push(case.name);
        }
    }
    Ok(summary)
}

fn announce(site: &Site, cases: &[&Case]) {
    title("What this does");
    let names: Vec<_> = cases.iter().map(|case| case.name).collect();
    say(format!(
        "These build-outs are applied, planned again and destroyed, one after the other: {}.",
        names.join(", ")
    ));
    say(
        "On these machines, MicroK8s is installed, joined and removed with all of its data, /etc/hosts is written, and the packages",
    );
    say("that storage needs are installed and removed:");
    for (name, machine) in site.machines() {
        say(format!("    {name}  {}  {}", machine.address(), machine.role));
    }
    if let Some(router) = site.router.as_ref().filter(|_| cases.iter().any(|case| case.uses_router())) {
        say(format!(
            "On the router {}, this is written, deleted and saved; it must not be there now:",
            router.url.0
        ));
        WRITTEN.iter().for_each(|path| say(format!("    {path}")));
    }
}

/// The machines and the router.
struct Targets {
    machines: Vec<Reached>,
    router: Option<router::Reached>,
}

/// What they were like.
struct Before {
    machines: Vec<Remembered>,
    router: Option<Value>,
}

impl Targets {
    async fn reach(site: &Site, ssh_configuration: &Path) -> Result<Self, Failure> {
        let machines = reached(site, ssh_configuration);
        for machine in &machines {
            machine.check_name().await?;
        }
        let router = match &site.router {
            Some(router) => Some(router::Reached::new(router).await?),
            None => None,
        };
        Ok(Self { machines, router })
    }

    /// Nothing of anybody's may be where the build-outs write.
    async fn check_free(&self) -> Result<(), Failure> {
        let mut found = self.leftovers().await?;
        if let Some(router) = &self.router {
            found.extend(router.in_use().await?);
        }
        match found.is_empty() {
            true => Ok(()),
            false => {
                Err(Failure::new(format!("nothing was done, since a target is in use: {}", found.join(", "))))
            }
        }
    }

    async fn leftovers(&self) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        for machine in &self.machines {
            found.extend(machine.leftovers().await?);
        }
        Ok(found)
    }

    async fn remember(&self) -> Result<Before, Failure> {
        let mut machines = Vec::new();
        for machine in &self.machines {
            machines.push(machine.remember().await?);
        }
        let router = match &self.router {
            Some(router) => Some(router.configuration().await?),
            None => None,
        };
        Ok(Before { machines, router })
    }

    /// What was not there before, and what is another than before.
    async fn left(&self, before: &Before) -> Result<Vec<String>, Failure> {
        let mut found = self.leftovers().await?;
        for (machine, before) in self.machines.iter().zip(&before.machines) {
            found.extend(machine.changed(before).await?);
        }
        if let Some((router, before)) = self.router.as_ref().zip(before.router.as_ref()) {
            found.extend(router.changed(before).await?);
        }
        Ok(found)
    }
}

/// How a build-out ended.
struct Ended {
    problems: Vec<String>,
    /// Whether terraform says that all of it is gone.
    destroyed: bool,
}

/// Applies a build-out, plans it again and destroys it, whatever came of it. What cannot be destroyed is left
/// with its state.
async fn rehearse_one(case: &Case, site: &Site, ssh_configuration: &Path) -> Result<Ended, Failure> {
    let build_out = BuildOut::read(case.name)?;
    let variables = case.variables(&build_out, site).to_string();
    let own = overrides(&build_out, site, ssh_configuration).to_string();
    let files = [(OVERRIDE, own.as_str()), ("site.auto.tfvars.json", variables.as_str())];
    let mut workspace = build_out.workspace_in(Cli::Terraform, Place::Here, &files).await?;
    if let Some(router) = &site.router {
        workspace.set("TF_VAR_router_api_key", &router.api_key);
    }
    // The site's file says how machines are logged in to, and no variable of the user's.
    for name in ["USER", "PORT", "PRIVATE_KEY", "PRIVATE_KEY_FILE"] {
        workspace.set(&format!("MICROK8S_SSH_{name}"), "");
    }
    say(format!("in {}", workspace.path().display()));
    terraform(&workspace, &["init"]).await?;
    let mut problems = Vec::new();
    if let Err(failure) = apply(&workspace).await {
        problems.push(format!("{}: {failure}", case.name));
    }
    if let Err(failure) = terraform(&workspace, &["destroy", "-auto-approve"]).await {
        problems.push(format!("{}: {failure}", case.name));
    }
    let left = workspace.resources().await;
    let destroyed = left.as_ref().is_ok_and(Vec::is_empty);
    if !destroyed {
        let left = left.map_or_else(|failure| failure.to_string(), |left| left.join(", "));
        let folder = workspace.keep();
        problems.push(format!(
            "{}: not destroyed: {left}. The state is in {}; there, with TF_CLI_CONFIG_FILE=cli.tfrc and TF_VAR_router_api_key set, \
             `terraform destroy` goes on",
            case.name,
            folder.display()
        ));
    }
    Ok(Ended { problems, destroyed })
}

async fn apply(workspace: &Workspace<'_>) -> Result<(), Failure> {
    terraform(workspace, &["apply", "-auto-approve"]).await?;
    plan_again(workspace).await
}
