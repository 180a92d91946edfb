# Bare Ubuntu machines become one dual-stack MicroK8s cluster.

terraform {
  required_version = ">= 1.11"

  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}

locals {
  control_planes = sort([for name, node in var.nodes : name if node.role == "control-plane"])
  # The first by name is the one that the others join.
  first = local.control_planes[0]
}

resource "microk8s_node" "this" {
  for_each = var.nodes

  host     = each.value.address
  host_key = each.value.host_key
  channel  = var.channel
  hosts    = { for name, node in var.nodes : name => [node.address] }
  storage  = each.value.storage ? {} : null
}

# Pods and services of both families, before anyone joins.
resource "microk8s_cluster_ipv6" "this" {
  host         = microk8s_node.this[local.first].host
  cluster_cidr = var.cluster_cidr
  service_cidr = var.service_cidr
  nat_outgoing = var.nat_outgoing
}

resource "microk8s_cluster_member" "this" {
  for_each = { for name, node in var.nodes : name => node if name != local.first }

  host    = microk8s_node.this[each.key].host
  cluster = microk8s_cluster_ipv6.this.host
  role    = each.value.role
}

resource "calico_ippool" "v6" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster      = microk8s_cluster_ipv6.this.host
  name         = "default-ipv6-ippool"
  cidr         = microk8s_cluster_ipv6.this.cluster_cidr
  nat_outgoing = var.nat_outgoing
}

resource "microk8s_addon" "this" {
  for_each = var.addons

  host      = microk8s_cluster_ipv6.this.host
  name      = each.key
  arguments = each.value

  depends_on = [microk8s_cluster_member.this]
}
