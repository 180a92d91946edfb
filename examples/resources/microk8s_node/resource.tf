locals {
  nodes = {
    cp1 = "10.0.0.11"
    cp2 = "10.0.0.12"
    w1  = "10.0.0.21"
  }
}

resource "microk8s_node" "this" {
  for_each = local.nodes

  host    = each.value
  channel = "1.35/stable" # another minor release here upgrades the nodes in place, one after the other

  # Nodes find each other by name when they join a cluster. Leave it out where DNS knows the names.
  hosts = { for name, address in local.nodes : name => [address] }
}

# A machine whose host key is known before it is first reached, as when cloud-init seeds it.
resource "microk8s_node" "seeded" {
  host     = "10.0.0.22"
  channel  = "1.35/stable"
  host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICJ8yQxyuWAjd9H7G7X3cbGOVGGaFv5wMzS1wBTKHXvN"

  timeouts = { create = "45m" } # a slow disk
}

# A machine that keeps Longhorn's volumes: with everything that Longhorn checks for.
resource "microk8s_node" "storage" {
  host    = "10.0.0.31"
  channel = "1.35/stable"
  storage = {}

  # Flags of MicroK8s' services. A change restarts them, one node of a cluster after the other.
  args = {
    kubelet    = { max-pods = 200, eviction-hard = "memory.available<500Mi,nodefs.available<5%" }
    containerd = { log-level = "warn" }
  }

  labels = { "topology.kubernetes.io/zone" = "a" }
  taints = [{ key = "dedicated", value = "storage", effect = "NoSchedule" }]
}
