//! What is run on a machine to make it a node and to take that back, as root. Data reaches these as arguments
//! or on stdin.

use crate::connection::ssh::Script;

/// What a machine needs to become a node, in sections. A container has no kernel modules of its own.
pub(crate) const PREFLIGHT: Script = Script {
    name: "check what a node needs",
    text: r#"
export LC_ALL=C
section() { printf '\036%s\n' "$1"; }
section cgroups; cat /proc/cgroups 2>/dev/null
section without-vxlan
release=$(uname -r)
modules=/lib/modules/$release
[ ! -e "$modules/modules.dep" ] || [ -e /sys/module/vxlan ] ||
    cat "$modules/modules.dep" "$modules/modules.builtin" 2>/dev/null | grep -q '/vxlan\.ko' || echo "$release"
section addresses; ip -json address show
exit 0
"#,
};

/// Notes that what is on this machine was begun by us, so that an interrupted beginning is carried on.
pub(crate) const CLAIM: Script = Script {
    name: "note that Terraform makes this machine a node",
    text: "mkdir -p /var/lib/terraform-provider-microk8s && echo microk8s_node >/var/lib/terraform-provider-microk8s/node",
};

/// Takes the note back, with all else that we keep on the machine. What runs, as this does, has its folder
/// until its result was read, which takes the last one away with the folder around it.
pub(crate) const DISCLAIM: Script = Script {
    name: "remove Terraform's note",
    text: r#"
cd /var/lib/terraform-provider-microk8s || exit
for entry in *; do
    [ -d "$entry" ] && ! flock -n -s "$entry/lock" true && continue
    rm -rf "$entry" "/run/terraform-provider-microk8s/$entry"
done
exec rm -f /run/terraform-provider-microk8s.restart
"#,
};

/// What cloud-init is at; nothing where there is none.
pub(crate) const CLOUD_INIT: Script = Script {
    name: "cloud-init status",
    text: "command -v cloud-init >/dev/null || exit 0; cloud-init status 2>&1; exit 0",
};

/// Who holds apt's locks, a line each. The kernel lists locks by inode, so this needs no more than awk.
pub(crate) const APT: Script = Script {
    name: "find out who holds apt's lock",
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

/// Has snapd make a change of the snap, which snapd does itself, and watches it by its id. One that goes on
/// already is watched before: another client began it, or we did, before a reboot.
macro_rules! watched {
    ($change:literal) => {
        concat!(
            r#"
export LC_ALL=C
under_way() {
    snap changes 2>/dev/null |
        awk '$2 ~ /^(Do|Doing|Undo|Undoing|Wait|Abort)$/ && /"microk8s"/ { print $1 }'
}
for change in $(under_way); do snap watch "$change" >/dev/null 2>&1; done
change=$("#,
            $change,
            r#") || exit
[ -n "$change" ] || exit 0
echo "snapd's change $change"
exec snap watch "$change"
"#
        )
    };
}

/// Installs the snap from channel `$1`.
pub(crate) const INSTALL: Script = Script {
    name: "snap install microk8s --classic --channel",
    text: watched!(r#"snap install --no-wait microk8s --classic --channel="$1""#),
};

/// Moves the snap to channel `$1`. `snap install` would say that it is installed already, with exit code 0.
pub(crate) const REFRESH: Script = Script {
    name: "snap refresh microk8s --channel",
    text: watched!(r#"snap refresh --no-wait microk8s --channel="$1""#),
};

/// Stops snapd from refreshing it by itself (`$1` is `--hold`), or lets it (`--unhold`).
pub(crate) const HOLD: Script =
    Script { name: "snap refresh --hold microk8s", text: r#"exec snap refresh "$1" microk8s"# };

/// Removes the snap without keeping a snapshot of its data.
pub(crate) const REMOVE: Script =
    Script { name: "snap remove --purge microk8s", text: watched!("snap remove --no-wait --purge microk8s") };

/// Puts the block on stdin in place of the one between the lines `$1` and `$2` of /etc/hosts; `$3` is its
/// length, so that a connection that breaks in the middle changes nothing. A block whose end is missing is
/// not ours to cut.
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

/// Which of the packages `$1`, services `$2` and kernel modules `$3`, each a list with spaces between, are on
/// the machine, in sections as above. A module counts if each boot loads it too; one that is built into the
/// kernel is always there.
pub(crate) const STORAGE: Script = Script {
    name: "check what storage needs",
    text: r#"
export LC_ALL=C
section() { printf '\036%s\n' "$1"; }
section packages
for package in $1; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] && echo "$package"
done
section services
for service in $2; do
    systemctl is-enabled --quiet "$service" 2>/dev/null && systemctl is-active --quiet "$service" && echo "$service"
done
section modules
for module in $3; do
    grep -qx "$module" /etc/modules-load.d/terraform-provider-microk8s.conf 2>/dev/null || continue
    lsmod | awk -v module="$module" '$1 == module { found = 1 } END { exit !found }' ||
        tr - _ <"/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null | grep -q "/$module.ko" || continue
    echo "$module"
done
section multipath; cat /etc/multipath/conf.d/terraform-provider-microk8s.conf 2>/dev/null
exit 0
"#,
};

/// Installs packages, and notes which came with them. The list of what was there before stays until then, so
/// that nothing is missed where this is interrupted. A name that apt does not know, apt takes for a pattern
/// (`libc.6`) or, with `+` at its end, for another name, so each is looked up first.
pub(crate) const INSTALL_PACKAGES: Script = Script {
    name: "apt-get install",
    text: r#"
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
cd /var/lib/terraform-provider-microk8s
installed() { dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' | awk '$1 == "installed" { print $2 }' | sort -u; }
[ -e packages.before ] || { installed >packages.new; mv -f packages.new packages.before; }
apt-get --quiet update
for package; do
    apt-cache -o APT::Cache::AllNames=true pkgnames "$package" | grep -Fxq -- "$package" ||
        { echo "E: Unable to locate package $package" >&2; exit 100; }
done
apt-get --quiet --assume-yes --no-install-recommends -o DPkg::Lock::Timeout=300 install -- "$@"
touch packages
installed | comm -13 packages.before - | sort -u - packages >packages.new
mv -f packages.new packages
rm -f packages.before
"#,
};

/// Loads kernel modules, now and at each boot.
pub(crate) const LOAD_MODULES: Script = Script {
    name: "modprobe",
    text: r#"
set -eu
file=/etc/modules-load.d/terraform-provider-microk8s.conf
[ $# -gt 0 ] || exec rm -f "$file"
printf '%s\n' '# microk8s_node (managed by Terraform)' "$@" >"$file"
exec modprobe --all -- "$@"
"#,
};

/// Starts services, now and at each boot.
pub(crate) const ENABLE_SERVICES: Script =
    Script { name: "systemctl enable --now", text: r#"exec systemctl enable --now -- "$@""# };

/// Tells multipathd what is on stdin, `$1` long; nothing where it is empty.
pub(crate) const EXCLUDE_FROM_MULTIPATH: Script = Script {
    name: "exclude volumes from multipath",
    text: r#"
set -eu
file=/etc/multipath/conf.d/terraform-provider-microk8s.conf
mkdir -p /etc/multipath/conf.d
cat >"$file.new"
[ "$(wc -c <"$file.new")" -eq "$1" ] || { echo "the text for $file broke off" >&2; exit 1; }
if [ -s "$file.new" ]; then mv -f "$file.new" "$file"; else rm -f "$file.new" "$file"; fi
! systemctl is-active --quiet multipathd || systemctl restart multipathd
"#,
};

/// Takes away what was brought for storage. Packages that others need by now stay: dpkg refuses to remove
/// those.
pub(crate) const RELEASE_STORAGE: Script = Script {
    name: "take away what storage needed",
    text: r#"
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
cd /var/lib/terraform-provider-microk8s
rm -f /etc/modules-load.d/terraform-provider-microk8s.conf
exclusion=/etc/multipath/conf.d/terraform-provider-microk8s.conf
if [ -e "$exclusion" ]; then
    rm -f "$exclusion"
    ! systemctl is-active --quiet multipathd || systemctl restart multipathd
fi
if [ -e packages.before ]; then
    dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' | awk '$1 == "installed" { print $2 }' | sort -u |
        comm -13 packages.before - >>packages
fi
[ ! -s packages ] || xargs dpkg --purge -- <packages || true
rm -f packages packages.before packages.new storage
"#,
};
