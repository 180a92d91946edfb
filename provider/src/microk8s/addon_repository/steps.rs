//! How a repository comes to a machine and goes from it.

use super::checkout::Checkout;
use crate::connection::retry::Deadline;
use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script};
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::machine::describe_output;
use crate::microk8s::shared::machine::refusal::refusal;
use crate::microk8s::shared::machine::sections::sections;
use async_trait::async_trait;
use std::sync::Arc;

/// The repositories as MicroK8s lists them, and what Git's own files say of each, in sections that begin with
/// a record separator and a name. The snap's Git is not asked: outside the snap it lacks its surroundings.
const LIST: Script = Script {
    name: "microk8s addons repo list",
    text: r#"
section() { printf '\036%s\n' "$1"; }
[ -x /snap/bin/microk8s ] || exit 127
section list; timeout 60 /snap/bin/microk8s addons repo list --format json || exit
for folder in /var/snap/microk8s/common/addons/*/; do
    folder=${folder%/}; name=${folder##*/}
    section "folder $name"; cat "$folder/.git/HEAD" 2>/dev/null
    section "references $name"
    cd "$folder/.git" 2>/dev/null || continue
    awk '/^\^/ { print name "^{} " substr($1, 2) } /^[0-9a-f]/ { name = $2; print $2 " " $1 }' packed-refs 2>/dev/null
    find refs -type f | while read -r file; do echo "$file $(cat "$file")"; done
done
exit 0
"#,
};

/// Clones `$2` under the name `$1`, at the branch or tag `$3` if there is one, over what is there if `$4`
/// says so. A URL that asks for a password gets none, rather than waiting for one.
const ADD: Script = Script {
    name: "microk8s addons repo add",
    text: r#"
export GIT_TERMINAL_PROMPT=0
exec timeout 600 /snap/bin/microk8s addons repo add ${4:+--force} ${3:+--reference "$3"} "$1" "$2"
"#,
};

const REMOVE: Script = Script {
    name: "microk8s addons repo remove",
    text: r#"exec timeout 60 /snap/bin/microk8s addons repo remove "$1""#,
};

/// Words of Git that mean "later".
const TRANSIENT: [&str; 6] = [
    "Could not resolve host",
    "Temporary failure in name resolution",
    "Connection timed out",
    "Connection refused",
    "early EOF",
    "The requested URL returned error: 5",
];

/// A repository that a machine shall have.
pub(crate) struct Wanted {
    pub(crate) machine: Arc<dyn Shell>,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) reference: Option<String>,
    /// Whether what is under that name may be replaced whatever it is.
    pub(crate) ours: bool,
    pub(crate) deadline: Deadline,
}

/// What the machine has under a name, as of this refresh.
pub(crate) async fn find(machine: &dyn Shell, name: &str) -> Result<Option<Checkout>, NodeError> {
    Ok(Found::read(machine, name).await?.checkout)
}

/// Clones the repository on the machine, or checks out another commit, if that is not done already.
pub(crate) async fn ensure(wanted: &Wanted) -> Result<Checkout, NodeError> {
    Steps::new(&[&Add]).run(wanted, &wanted.deadline).await?;
    let missing = || NodeError::new(wanted.attempt(), "It is not there any more.");
    find(&*wanted.machine, &wanted.name).await?.ok_or_else(missing)
}

/// Takes the repository from the machine, if it is there.
pub(crate) async fn remove(
    machine: Arc<dyn Shell>,
    name: &str,
    deadline: &Deadline,
) -> Result<(), NodeError> {
    Steps::new(&[&Remove]).run(&Leftover { machine, name: name.to_owned() }, deadline).await
}

struct Found {
    /// The repository, if it is a whole one.
    checkout: Option<Checkout>,
    /// Whether there is a folder of its name, be it the rest of an attempt that was interrupted.
    folder: bool,
}

impl Found {
    async fn read(machine: &dyn Shell, name: &str) -> Result<Self, NodeError> {
        let output = machine.probe(&LIST).await?;
        Self::parse(machine.address(), name, &output).inspect_err(|_| machine.invalidate_probes())
    }

    fn parse(address: &str, name: &str, output: &Output) -> Result<Self, NodeError> {
        if let Some(refused) = refusal(address, &LIST, output) {
            return Err(refused);
        }
        let sections = sections(&output.stdout);
        let section = |kind: &str| sections.get(format!("{kind} {name}").as_str()).copied();
        let list = sections.get("list").copied().unwrap_or_default();
        let (head, references) = (section("folder"), section("references").unwrap_or_default());
        let checkout = Checkout::parse(list, name, head.unwrap_or_default(), references);
        match checkout {
            Ok(checkout) if output.succeeded() => Ok(Self { checkout, folder: head.is_some() }),
            _ => {
                let failure =
                    NodeError::new(format!("`{}` on {address}", LIST.name), describe_output(output));
                Err(failure.transient())
            }
        }
    }
}

impl Wanted {
    fn attempt(&self) -> String {
        format!("looking for the repository {} on {}", self.name, self.machine.address())
    }
}

struct Add;

#[async_trait]
impl Step<Wanted> for Add {
    fn name(&self) -> &'static str {
        "add the repository"
    }

    async fn check(&self, wanted: &Wanted) -> Result<bool, NodeError> {
        let found = find(&*wanted.machine, &wanted.name).await?;
        match found {
            Some(checkout) if checkout.url == wanted.url => Ok(checkout.is_at(wanted.reference.as_deref())),
            Some(checkout) if !wanted.ours => {
                let answer = format!("There is one already, cloned from {}.", checkout.url);
                let advice = format!(
                    "Give another name, import it ({}/{}), or remove it on the machine (microk8s addons repo remove {}).",
                    wanted.machine.address(),
                    wanted.name,
                    wanted.name
                );
                Err(NodeError::new(wanted.attempt(), answer).at("name").with_hint(advice))
            }
            _ => Ok(false),
        }
    }

    async fn run(&self, wanted: &Wanted) -> Result<(), NodeError> {
        let there = Found::read(&*wanted.machine, &wanted.name).await?.folder;
        let reference = wanted.reference.as_deref().unwrap_or_default();
        let words = [wanted.name.as_str(), &wanted.url, reference, if there { "force" } else { "" }];
        let output = wanted.machine.script(&ADD, &words, None).await;
        wanted.machine.invalidate_probes();
        let output = output?;
        if output.succeeded() {
            return Ok(());
        }
        let attempt =
            format!("`{} {} {}` on {}", ADD.name, wanted.name, wanted.url, wanted.machine.address());
        let failure = NodeError::new(attempt, describe_output(&output));
        let said = format!("{}\n{}", output.stdout, output.stderr);
        if TRANSIENT.iter().any(|words| said.contains(words)) {
            return Err(failure.transient());
        }
        Err(failure.at(if said.contains("Remote branch") { "reference" } else { "url" }))
    }
}

/// A repository that shall go.
struct Leftover {
    machine: Arc<dyn Shell>,
    name: String,
}

struct Remove;

#[async_trait]
impl Step<Leftover> for Remove {
    fn name(&self) -> &'static str {
        "remove the repository"
    }

    async fn check(&self, leftover: &Leftover) -> Result<bool, NodeError> {
        match Found::read(&*leftover.machine, &leftover.name).await {
            Ok(found) => Ok(!found.folder),
            Err(error) if error.is_not_installed() => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn run(&self, leftover: &Leftover) -> Result<(), NodeError> {
        let output = leftover.machine.script(&REMOVE, &[&leftover.name], None).await;
        leftover.machine.invalidate_probes();
        let output = output?;
        match output.succeeded() {
            true => Ok(()),
            false => {
                let attempt =
                    format!("`{} {}` on {}", REMOVE.name, leftover.name, leftover.machine.address());
                Err(NodeError::new(attempt, describe_output(&output)))
            }
        }
    }
}
