#!/bin/sh
# Makes the machine of a node out of fresh namespaces and the disk in its folder, then becomes the node's first process.
# Arguments: folder of the node, name, last octet of its addresses, the program.
set -eu
folder=$1 name=$2 octet=$3 program=$4
hostname "$name"
mount --make-rprivate /
root=$folder/root
[ -d "$folder/upper" ] && used=yes || used=no
mkdir -p "$folder/upper" "$folder/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
if [ "$used" = no ]; then
    rm -rf "$root/var/snap" "$root/snap" "$root/var/lib/kubelet" "$root/var/log/journal"
fi
mkdir -p "$root/var/snap" "$root/opt/node/faults"
printf '127.0.0.1 localhost\n10.0.0.%s %s\n' "$octet" "$name" > "$root/etc/hosts"
printf '%032d\n' "$octet" > "$root/etc/machine-id"
echo 'nameserver 10.0.0.1' > "$root/etc/resolv.conf"
cp "$program" "$root/opt/node/program"
for command in snap journalctl cloud-init; do
    ln -sf /opt/node/program "$root/usr/bin/$command"
done
cat > "$root/opt/node/node.json"
for _ in $(seq 100); do
    ip link show eth0 > /dev/null 2>&1 && break
    sleep 0.05
done
ip link set lo up
ip link set eth0 up
ip address add "10.0.0.$octet/24" dev eth0
ip address add "fd00:10::$octet/64" dev eth0 nodad
ip route add default via 10.0.0.1
ip route add default via fd00:10::1
exec chroot "$root" /opt/node/program node /opt/node/node.json
