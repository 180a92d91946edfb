//! What is run on a machine to make it a node and to take that back, as root. Data reaches these as arguments or on stdin.

use crate::connection::ssh::Script;

/// What the machine is and what of MicroK8s is on it, in sections that begin with a record separator and a name.
pub(crate) const FACTS: Script = Script {
    name: "look at the machine and its snap",
    text: r#"
export LC_ALL=C
data=/var/snap/microk8s/current
section() { printf '\036%s\n' "$1"; }
section machine-id; cat /etc/machine-id
section hostname; hostname
section hosts; cat /etc/hosts
section snap; snap list --unicode=never --color=never microk8s 2>&1; echo "code $?"
section mark; cat /var/lib/terraform-provider-microk8s/node 2>/dev/null
section locks; ls "$data/var/lock" 2>/dev/null
section kubelet; cat "$data/args/kubelet" 2>/dev/null
section members; cat "$data/var/kubernetes/backend/cluster.yaml" 2>/dev/null
section authority
for file in ca.remote.crt ca.crt; do
    [ -e "$data/certs/$file" ] && { sha256sum <"$data/certs/$file"; break; }
done
exit 0
"#,
};

/// Notes that what is on this machine was begun by us, so that an interrupted beginning is carried on.
pub(crate) const CLAIM: Script = Script {
    name: "note that Terraform makes this machine a node",
    text: "umask 022; mkdir -p /var/lib/terraform-provider-microk8s && echo microk8s_node >/var/lib/terraform-provider-microk8s/node",
};

/// Takes the note back.
pub(crate) const DISCLAIM: Script = Script {
    name: "remove Terraform's note",
    text: "rm -rf /var/lib/terraform-provider-microk8s /run/terraform-provider-microk8s.restart",
};

/// What cloud-init is at; nothing where there is none.
pub(crate) const CLOUD_INIT: Script = Script {
    name: "cloud-init status",
    text: "command -v cloud-init >/dev/null || exit 0; cloud-init status 2>&1; exit 0",
};

/// Who holds apt's locks, a line each. The kernel lists locks by inode, so this needs no more than awk.
pub(crate) const APT: Script = Script {
    name: "look who holds apt's lock",
    text: r#"
for file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
    inode=$(stat -c %i "$file" 2>/dev/null) || continue
    awk -v inode="$inode" '$2 == "POSIX" && split($6, at, ":") == 3 && at[3] == inode { print $5 }' /proc/locks |
        while read -r holder; do echo "$holder ($(cat "/proc/$holder/comm" 2>/dev/null))"; done
done
exit 0
"#,
};

/// Waits until snapd has its own base installed, on the first boot of a machine.
pub(crate) const SEEDED: Script =
    Script { name: "snap wait system seed.loaded", text: "exec snap wait system seed.loaded" };

/// Installs the snap from channel `$1`.
pub(crate) const INSTALL: Script = Script {
    name: "snap install microk8s --classic --channel",
    text: r#"exec snap install microk8s --classic --channel="$1""#,
};

/// Moves the snap to channel `$1`. `snap install` would say that it is installed already, with exit code 0.
pub(crate) const REFRESH: Script =
    Script { name: "snap refresh microk8s --channel", text: r#"exec snap refresh microk8s --channel="$1""# };

/// Stops snapd from refreshing it by itself (`$1` is `--hold`), or lets it (`--unhold`).
pub(crate) const HOLD: Script =
    Script { name: "snap refresh --hold microk8s", text: r#"exec snap refresh "$1" microk8s"# };

/// Removes the snap without keeping a snapshot of its data.
pub(crate) const REMOVE: Script =
    Script { name: "snap remove --purge microk8s", text: "exec snap remove --purge microk8s" };

/// Puts the block on stdin in place of the one between the lines `$1` and `$2` of /etc/hosts; `$3` is its length, so that a
/// connection that breaks in the middle changes nothing. A block whose end is missing is not ours to cut.
pub(crate) const WRITE_HOSTS: Script = Script {
    name: "write the block in /etc/hosts",
    text: r#"
set -eu
new=$(mktemp /etc/hosts.XXXXXX)
block=$(mktemp /etc/hosts.XXXXXX)
trap 'rm -f "$new" "$block"' EXIT
cat >"$block"
[ "$(wc -c <"$block")" -eq "$3" ] || { echo "the text for /etc/hosts broke off" >&2; exit 1; }
awk -v begin="$1" -v end="$2" '
    !inside && $0 == begin { inside = 1; held = $0; next }
    inside && $0 == end { inside = 0; next }
    inside { held = held "\n" $0; next }
    { print }
    END { if (inside) print held }
' /etc/hosts >"$new"
cat "$block" >>"$new"
chmod --reference=/etc/hosts "$new"
chown --reference=/etc/hosts "$new"
# Where the file is a mount of its own it cannot be replaced, only written.
mv -f "$new" /etc/hosts 2>/dev/null || cat "$new" >/etc/hosts
"#,
};

/// Whether this node, `$1` by name, works: in sections as above.
pub(crate) const READINESS: Script = Script {
    name: "look whether the node is ready",
    text: r#"
export LC_ALL=C
data=/var/snap/microk8s/current
section() { printf '\036%s\n' "$1"; }
section locks; ls "$data/var/lock" 2>/dev/null
section certificate; sha256sum <"$data/certs/server.crt" 2>/dev/null
section services; snap services microk8s 2>&1
section node
[ -e "$data/var/lock/clustered.lock" ] || /snap/bin/microk8s kubectl get node "$1" --request-timeout=5s \
    -o 'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status}: {.message}{end}' 2>&1
exit 0
"#,
};
