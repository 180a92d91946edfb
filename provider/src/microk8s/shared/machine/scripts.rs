//! What is run on the machines of a cluster, as root. Data reaches these as arguments or on stdin. What asks
//! an API server is given up after a while: one that accepts connections and answers nothing would be waited
//! for without end.

use crate::connection::ssh::Script;

/// What the machine is and what of MicroK8s is on it, as its own disk and kernel know it, in sections that
/// begin with a record separator and a name.
pub(crate) const SNAPSHOT: Script = Script {
    name: "read MicroK8s on this machine",
    text: r#"
export LC_ALL=C
data=/var/snap/microk8s/current
ours=/var/lib/terraform-provider-microk8s
section() { printf '\036%s\n' "$1"; }
section machine-id; cat /etc/machine-id
section hostname; hostname
section hosts; cat /etc/hosts
section snap; snap list --unicode=never --color=never microk8s 2>&1; echo "code $?"
section mark; cat "$ours/node" 2>/dev/null
section storage; cat "$ours/storage" 2>/dev/null
section marks; cat "$ours/marks" 2>/dev/null
section arguments; cat "$ours/arguments" 2>/dev/null
section broken-off
for job in "$ours"/*/; do
    [ -e "$job/name" ] && flock -n -s "$job/lock" true && [ ! -e "$job/code" ] && cat "$job/name" && echo
done
[ -e "$data/args/kubelet" ] || exit 0
for file in kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubelet containerd k8s-dqlite \
    cni-network/cni.yaml; do
    section "$file"; cat "$data/args/$file" 2>/dev/null
done
section own-kubelet; cat "$ours/kubelet-arguments" 2>/dev/null
section default-kubelet; cat /snap/microk8s/current/default-args/kubelet 2>/dev/null
section locks; ls "$data/var/lock"
section members; cat "$data/var/kubernetes/backend/cluster.yaml" 2>/dev/null
section ca.crt; sha256sum <"$data/certs/ca.crt" 2>/dev/null
section ca.remote.crt; sha256sum <"$data/certs/ca.remote.crt" 2>/dev/null
section pending; cat /run/terraform-provider-microk8s.restart 2>/dev/null
section addresses; ip -json address show
"#,
};

/// Keeps a note on the machine: `$1` its name, `$2` the length of the text on stdin, so that a connection
/// that breaks in the middle changes nothing. An empty text takes the note away.
pub(crate) const RECORD: Script = Script {
    name: "note what Terraform keeps on the machine",
    text: r#"
set -eu
umask 022
mkdir -p /var/lib/terraform-provider-microk8s
cd /var/lib/terraform-provider-microk8s
cat >"$1.new"
[ "$(wc -c <"$1.new")" -eq "$2" ] || { echo "the note $1 broke off" >&2; exit 1; }
if [ -s "$1.new" ]; then mv -f "$1.new" "$1"; else rm -f "$1.new" "$1"; fi
"#,
};

/// Has the node `$1` of this machine read or written at its cluster's API. On a worker MicroK8s' own kubectl
/// refuses to run; the kubelet's credentials, which are there on every node, may read and write its node.
macro_rules! own_node {
    ($kubectl:literal) => {
        concat!(
            r#"
set -u
export LC_ALL=C
kubectl() {
    if [ -e /var/snap/microk8s/current/var/lock/clustered.lock ]; then
        timeout 60 /snap/microk8s/current/kubectl \
            --kubeconfig=/var/snap/microk8s/current/credentials/kubelet.config "$@"
    else
        timeout 60 /snap/bin/microk8s kubectl "$@"
    fi
}
"#,
            $kubectl
        )
    };
}

/// The node of this machine.
pub(crate) const OWN_NODE: Script =
    Script { name: "kubectl get node", text: own_node!(r#"kubectl get node "$1" --output json"#) };

/// Changes the node of this machine by the merge patch on stdin, `$2` long.
pub(crate) const PATCH_OWN_NODE: Script = Script {
    name: "kubectl patch node",
    text: own_node!(
        r#"
patch=$(cat)
[ "${#patch}" -eq "$2" ] || { echo "the patch broke off" >&2; exit 1; }
kubectl patch node "$1" --type=merge --patch "$patch"
"#
    ),
};

/// Writes one file below `args/`: `$1` its name, `$2` the length of the text on stdin, so that a connection
/// that breaks in the middle changes nothing. A mark in `/run` says that service `$3` has not read its file
/// yet; a reboot takes the mark away and makes it read the file. Nobody reads Calico's manifest there, and
/// `$3` is empty.
pub(crate) const WRITE: Script = Script {
    name: "write a file of MicroK8s' arguments",
    text: r#"
set -eu
file="/var/snap/microk8s/current/args/$1"
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
[ "$(wc -c <"$new")" -eq "$2" ] || { echo "the text for $file broke off" >&2; exit 1; }
chmod --reference="$file" "$new"
chown --reference="$file" "$new"
[ -z "$3" ] || echo "$3" >>/run/terraform-provider-microk8s.restart
mv -f "$new" "$file"
"#,
};

/// Makes services read their files. One that died too often in a row systemd would not start again.
pub(crate) const RESTART: Script = Script {
    name: "snap restart",
    text: r#"
for service; do
    systemctl reset-failed "snap.microk8s.$service" 2>/dev/null
    set -- "$@" "microk8s.$service"
    shift
done
exec timeout 300 snap restart "$@"
"#,
};

/// The services work with their files.
pub(crate) const SETTLED: Script = Script {
    name: "note that the services have read their files",
    text: "exec rm -f /run/terraform-provider-microk8s.restart",
};

/// Whether services run, and how often systemd had to start them again.
pub(crate) const SERVICES: Script = Script {
    name: "systemctl show",
    text: r#"
for service; do
    systemctl show --property=ActiveState,NRestarts "snap.microk8s.$service" || exit
done
"#,
};

/// Why a service stopped. What one part of kubelite dies of may stand before some hundred lines that the
/// others write when they start again.
pub(crate) const JOURNAL: Script = Script {
    name: "journalctl",
    text: r#"
for service; do
    set -- "$@" -u "snap.microk8s.$service"
    shift
done
exec journalctl "$@" -n 500 --no-pager
"#,
};

/// Whether this node's own API server answers.
pub(crate) const READY: Script = Script {
    name: "microk8s kubectl get --raw /readyz",
    text: "exec timeout 30 /snap/bin/microk8s kubectl get --raw /readyz",
};

/// The nodes that this node's API server knows.
pub(crate) const NODES: Script = Script {
    name: "microk8s kubectl get nodes",
    text: "exec timeout 60 /snap/bin/microk8s kubectl get nodes --output json",
};

/// The cluster's identity.
pub(crate) const CLUSTER_ID: Script = Script {
    name: "microk8s kubectl get namespace kube-system",
    text: "exec timeout 60 /snap/bin/microk8s kubectl get namespace kube-system --output 'jsonpath={.metadata.uid}'",
};

/// The members of the datastore, among much else.
pub(crate) const STATUS: Script = Script {
    name: "microk8s status --format yaml",
    text: "exec timeout 120 /snap/bin/microk8s status --format yaml",
};

/// Brings Calico's manifest on this node into the cluster.
pub(crate) const APPLY_CALICO: Script = Script {
    name: "microk8s kubectl apply -f cni.yaml",
    text: "exec timeout 120 /snap/bin/microk8s kubectl apply -f /var/snap/microk8s/current/args/cni-network/cni.yaml",
};

/// How far Calico's agents follow the manifest.
pub(crate) const CALICO: Script = Script {
    name: "microk8s kubectl get daemonset calico-node",
    text: "exec timeout 60 /snap/bin/microk8s kubectl --namespace kube-system get daemonset calico-node --output json",
};

/// The ranges that Kubernetes gives services addresses from.
pub(crate) const SERVICE_RANGES: Script = Script {
    name: "microk8s kubectl get servicecidrs kubernetes",
    text: "exec timeout 60 /snap/bin/microk8s kubectl get servicecidrs.networking.k8s.io kubernetes --ignore-not-found \
           --output 'jsonpath={.spec.cidrs}'",
};

/// The ranges of MetalLB's pools; a failure where MetalLB is not installed.
pub(crate) const LOAD_BALANCER_RANGES: Script = Script {
    name: "microk8s kubectl get ipaddresspools",
    text: "exec timeout 60 /snap/bin/microk8s kubectl get ipaddresspools.metallb.io --all-namespaces \
           --output 'jsonpath={.items[*].spec.addresses[*]}'",
};

/// Makes the API server write that object anew from its flags. In use it is never taken away by itself, so
/// its finalizer has to go, which must come second: until it is marked as deleted, Kubernetes puts the
/// finalizer back.
pub(crate) const RENEW_SERVICE_RANGES: Script = Script {
    name: "let Kubernetes renew the ranges of services",
    text: r#"
set -eu
timeout 60 /snap/bin/microk8s kubectl delete servicecidrs.networking.k8s.io kubernetes --wait=false --ignore-not-found
exec timeout 60 /snap/bin/microk8s kubectl patch servicecidrs.networking.k8s.io kubernetes --type=merge --patch '{"metadata":{"finalizers":null}}'
"#,
};

/// A token for one machine; `$1` its seconds to live.
pub(crate) const ADD_NODE: Script = Script {
    name: "microk8s add-node",
    text: r#"exec timeout 60 /snap/bin/microk8s add-node --format json --token-ttl "$1""#,
};

/// Joins a cluster: the endpoint with its token on stdin, `--worker` as argument for a worker. On this
/// machine the token is in join's arguments, which is the only way that join takes it. The kubelet's flags,
/// which a join replaces by those of the other machine, are kept as they were before the first attempt.
pub(crate) const JOIN: Script = Script {
    name: "microk8s join",
    text: r#"
read -r endpoint || exit
data=/var/snap/microk8s/current
kept=/var/lib/terraform-provider-microk8s/kubelet-arguments
if [ ! -e "$kept" ] && [ ! -e "$data/var/lock/join-in-progress" ] && [ ! -e "$data/var/lock/no-cert-reissue" ]; then
    mkdir -p "${kept%/*}" && cp "$data/args/kubelet" "$kept.new" && mv -f "$kept.new" "$kept" || exit
fi
exec /snap/bin/microk8s join "$endpoint" "$@"
"#,
};

/// The kubelet has its own flags again.
pub(crate) const FORGET_OWN_FLAGS: Script = Script {
    name: "forget the kubelet's flags of before the join",
    text: "exec rm -f /var/lib/terraform-provider-microk8s/kubelet-arguments",
};

/// A failed join leaves a lock behind that stops MicroK8s from renewing certificates.
pub(crate) const FORGET_JOIN: Script = Script {
    name: "remove the lock of a join that failed",
    text: "exec rm -f /var/snap/microk8s/current/var/lock/join-in-progress",
};

/// Runs the snap's configure hook, which mends flags of this version. Any change of the snap's settings does.
pub(crate) const CONFIGURE: Script = Script {
    name: "run the configure hook of MicroK8s",
    text: "snap set microk8s terraform-configure=joined && exec snap unset microk8s terraform-configure",
};

/// Leaves the cluster. One that is in its datastore although its join was broken off is a member here too.
pub(crate) const LEAVE: Script = Script {
    name: "microk8s leave",
    text: r#"
locks=/var/snap/microk8s/current/var/lock
if [ -e "$locks/join-in-progress" ]; then
    : >"$locks/no-cert-reissue"
    rm -f "$locks/join-in-progress"
fi
exec timeout 600 /snap/bin/microk8s leave
"#,
};

/// Makes a clean single node of whatever a join or a leave that was stopped left on a machine. A worker's
/// leave needs neither an API nor a datastore nor another machine, and makes everything anew; all that it
/// insists on are the files that it removes, so those are put back. Where the locks are a single node's
/// already, only the rest of a leave is missing, and nothing is made anew.
///
/// A join stores the cluster's authority in two files; where it was stopped between them the first is taken
/// back, as certificates are signed with both.
pub(crate) const RESET: Script = Script {
    name: "microk8s leave, after one that was broken off",
    text: r#"
data=/var/snap/microk8s/current
locks=$data/var/lock certs=$data/certs
if [ -e "$locks/join-in-progress" ] || [ -e "$locks/clustered.lock" ] || [ -e "$locks/no-k8s-dqlite" ] ||
    [ -e "$locks/no-cert-reissue" ]; then
    [ ! "$certs/ca.crt.backup" -nt "$certs/ca.key" ] || cp -p "$certs/ca.crt.backup" "$certs/ca.crt"
    [ -e "$certs/ca.remote.crt" ] || : >"$certs/ca.remote.crt"
    for lock in clustered.lock no-k8s-dqlite no-cert-reissue; do : >"$locks/$lock"; done
    rm -f "$locks/no-apiserver-proxy" "$locks/stopped.lock" "$locks/join-in-progress"
    timeout 900 /snap/bin/microk8s leave || exit
else
    rm -f "$locks/stopped.lock" "$locks/cni-loaded"
    timeout 300 snap start --enable microk8s || exit
fi
for job in /var/lib/terraform-provider-microk8s/*/; do
    if flock -n -s "$job/lock" true && [ ! -e "$job/code" ]; then rm -rf "$job"; fi
done
"#,
};

/// Removes a node, and its member of the datastore, by name or address. The flag must come last.
pub(crate) const REMOVE_NODE: Script = Script {
    name: "microk8s remove-node",
    text: r#"exec timeout 300 /snap/bin/microk8s remove-node "$1" --force"#,
};

/// Makes the datastore's member on this machine hand its vote to another one, which it does whenever it
/// stops.
pub(crate) const HAND_OVER: Script = Script {
    name: "snap restart microk8s.daemon-k8s-dqlite",
    text: "exec timeout 300 snap restart microk8s.daemon-k8s-dqlite",
};

/// Whether this node, `$1` by name, works: in sections as [`SNAPSHOT`] has them.
pub(crate) const READINESS: Script = Script {
    name: "check whether the node is ready",
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

/// Restarts the snap's services: `microk8s` for those that run, or each by its name. Containers run on.
pub(crate) const RESTART_SERVICES: Script =
    Script { name: "snap restart", text: r#"exec timeout 600 snap restart "$@""# };

/// When certificates expire, as MicroK8s says, and the digest of the one in the file `$1`; in sections.
pub(crate) const CERTIFICATES: Script = Script {
    name: "microk8s refresh-certs -c",
    text: r#"
section() { printf '\036%s\n' "$1"; }
section expiry; timeout 60 /snap/bin/microk8s refresh-certs -c 2>&1
section digest; sha256sum <"/var/snap/microk8s/current/certs/$1" 2>/dev/null
exit 0
"#,
};

/// Makes the certificate in the file `$1` anew, and restarts what uses it.
pub(crate) const REFRESH_CERTIFICATE: Script = Script {
    name: "microk8s refresh-certs -e",
    text: r#"exec timeout 600 /snap/bin/microk8s refresh-certs -e "$1""#,
};

/// Backs the datastore up into the folder `$1`, into a file whose name begins with `$2`: its path, how many
/// keys are in it, and its bytes. Without a majority of its members the datastore answers nothing, and
/// `dbctl` calls success what was killed: an archive without the namespace that every cluster has is none.
/// All Secrets are in it.
pub(crate) const BACK_UP: Script = Script {
    name: "microk8s dbctl backup",
    text: r#"
set -eu
export LC_ALL=C
umask 077
mkdir -p "$1"
file=$1/$2-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
trap '[ -n "${whole-}" ] || rm -f "$file"' EXIT
timeout 1500 /snap/bin/microk8s dbctl backup -o "$file" >&2
[ -e "$file" ] || { echo "there is no $file" >&2; exit 66; }
keys=$(tar -tzf "$file" | grep -c '\.key$') || true
tar -xzOf "$file" --wildcards '*.key' | grep -aq /registry/namespaces/default ||
    { echo "the archive has $keys keys, and the namespace default is not among them" >&2; exit 65; }
whole=yes
echo "$file $keys $(stat -c %s "$file")"
"#,
};
