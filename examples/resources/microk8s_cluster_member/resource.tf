locals {
  members = {
    cp2 = { address = "10.0.0.12", role = "control-plane" }
    cp3 = { address = "10.0.0.13", role = "control-plane" }
    w1  = { address = "10.0.0.21", role = "worker" }
  }
}

resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}

resource "microk8s_node" "member" {
  for_each = local.members

  host    = each.value.address
  channel = microk8s_node.cp1.channel
}

# The first control plane is no member: the others join its cluster.
resource "microk8s_cluster_member" "this" {
  for_each = local.members

  host    = microk8s_node.member[each.key].host # the attribute, so that the node is made before and removed after
  cluster = microk8s_node.cp1.host              # with IPv6: microk8s_cluster_ipv6.this.host
  role    = each.value.role
}
