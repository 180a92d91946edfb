# Three bare Ubuntu machines and a VyOS router become a dual-stack MicroK8s cluster whose LoadBalancer addresses answer from
# outside: the cluster is here, MetalLB in metallb.tf, the router in router.tf, a first web page in web.tf.

terraform {
  required_version = ">= 1.11"

  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}

provider "microk8s" {
  ssh = {
    user        = var.ssh_user
    private_key = var.ssh_private_key
  }

  routers = {
    edge = {
      url            = var.router_url
      api_key        = var.router_api_key
      ca_certificate = var.router_ca_certificate
    }
  }
}

locals {
  # The first control plane, by name, is the one that the others join.
  first = sort([for name, node in var.nodes : name if node.role == "control-plane"])[0]
}

# MicroK8s on every machine. `hosts` lets the nodes find each other by name.
resource "microk8s_node" "this" {
  for_each = var.nodes

  host    = each.value.address
  channel = var.channel
  hosts   = { for name, node in var.nodes : name => [node.address] }
}

# Pods and services of both families, before anyone joins.
resource "microk8s_cluster_ipv6" "this" {
  host         = microk8s_node.this[local.first].host
  cluster_cidr = var.cluster_cidr
  service_cidr = var.service_cidr
  nat_outgoing = true
}

resource "microk8s_cluster_member" "this" {
  for_each = { for name, node in var.nodes : name => node if name != local.first }

  host    = microk8s_node.this[each.key].host
  cluster = microk8s_cluster_ipv6.this.host
  role    = each.value.role
}

resource "microk8s_addon" "dns" {
  host = microk8s_cluster_ipv6.this.host
  name = "dns"

  depends_on = [microk8s_cluster_member.this]
}

resource "calico_ippool" "v6" {
  provider = microk8s

  cluster      = microk8s_cluster_ipv6.this.host
  name         = "default-ipv6-ippool"
  cidr         = microk8s_cluster_ipv6.this.cluster_cidr
  nat_outgoing = true
}
