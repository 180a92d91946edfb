# Three bare Ubuntu machines and a VyOS router become a dual-stack MicroK8s cluster whose LoadBalancer addresses are
# announced over BGP.

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

# The router: its own AS, and a session with every node.
resource "vyos_bgp" "edge" {
  provider = microk8s

  router    = "edge"
  system_as = var.as_number
  router_id = var.router_address
}

resource "vyos_bgp_neighbor" "node" {
  provider = microk8s
  for_each = var.nodes

  router       = vyos_bgp.edge.router
  address      = each.value.address
  remote_as    = tostring(var.as_number)
  description  = "metallb-${each.key}"
  ipv6_unicast = {}
}

# The cluster's side of the sessions, and what is announced over them.
resource "metallb_ip_address_pool" "default" {
  provider = microk8s

  cluster   = microk8s_cluster_ipv6.this.host
  name      = "default-pool"
  addresses = var.load_balancer_addresses

  depends_on = [microk8s_cluster_member.this]
}

resource "metallb_bgp_peer" "edge" {
  provider = microk8s

  cluster                   = microk8s_cluster_ipv6.this.host
  name                      = "vyos-gw"
  my_asn                    = var.as_number
  peer_asn                  = var.as_number
  peer_address              = var.router_address
  dual_stack_address_family = true

  depends_on = [microk8s_cluster_member.this]
}

resource "metallb_bgp_advertisement" "default" {
  provider = microk8s

  cluster          = microk8s_cluster_ipv6.this.host
  name             = "default-advertisement"
  ip_address_pools = [metallb_ip_address_pool.default.name]
}

# What a person wants to see afterwards.
data "microk8s_status" "cluster" {
  host = microk8s_cluster_ipv6.this.host

  depends_on = [microk8s_addon.dns]
}

data "vyos_bgp_summary" "edge" {
  provider = microk8s

  router = vyos_bgp.edge.router

  depends_on = [vyos_bgp_neighbor.node]
}
