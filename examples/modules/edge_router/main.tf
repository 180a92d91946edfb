# A VyOS router between a cluster and the rest of the network: BGP sessions with the nodes, and what they announce passed on by OSPF.

terraform {
  required_version = ">= 1.11"

  required_providers {
    # The provider under the name of the one family that is used, so that no resource needs a `provider` line.
    vyos = { source = "baremetal/microk8s" }
  }
}

locals {
  ipv4 = [for prefix in var.load_balancer_prefixes : prefix if !strcontains(prefix, ":")]
  ipv6 = [for prefix in var.load_balancer_prefixes : prefix if strcontains(prefix, ":")]
}

resource "vyos_bgp" "this" {
  router    = var.router
  system_as = var.as_number
  router_id = var.router_id
}

resource "vyos_bgp_neighbor" "node" {
  for_each = var.nodes

  router       = vyos_bgp.this.router
  address      = each.value
  remote_as    = tostring(coalesce(var.node_as_number, var.as_number))
  description  = "metallb-${each.key}"
  ipv4_unicast = {}
  ipv6_unicast = {}
}

# Only addresses of load balancers are passed on, whatever the nodes announce.
resource "vyos_prefix_list" "load_balancer" {
  count = length(local.ipv4) > 0 ? 1 : 0

  router = var.router
  name   = "LOAD-BALANCER"
  rules  = { for index, prefix in local.ipv4 : 10 * (index + 1) => { action = "permit", prefix = prefix, le = 32 } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_prefix_list6" "load_balancer" {
  count = length(local.ipv6) > 0 ? 1 : 0

  router = var.router
  name   = "LOAD-BALANCER"
  rules  = { for index, prefix in local.ipv6 : 10 * (index + 1) => { action = "permit", prefix = prefix, le = 128 } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_route_map" "ipv4" {
  count = length(local.ipv4) > 0 ? 1 : 0

  router = var.router
  name   = "LOAD-BALANCER-IPV4"
  rules  = { 10 = { action = "permit", match = { ip_prefix_list = vyos_prefix_list.load_balancer[0].name } } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_route_map" "ipv6" {
  count = length(local.ipv6) > 0 ? 1 : 0

  router = var.router
  name   = "LOAD-BALANCER-IPV6"
  rules  = { 10 = { action = "permit", match = { ipv6_prefix_list = vyos_prefix_list6.load_balancer[0].name } } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_ospf" "upstream" {
  count = var.upstream != null && length(local.ipv4) > 0 ? 1 : 0

  router       = vyos_bgp.this.router
  router_id    = var.router_id
  interfaces   = { (var.upstream.interface) = { area = var.upstream.area } }
  redistribute = { bgp = { metric = var.upstream.metric, metric_type = var.upstream.metric_type, route_map = vyos_route_map.ipv4[0].name } }
}

resource "vyos_ospfv3" "upstream" {
  count = var.upstream != null && length(local.ipv6) > 0 ? 1 : 0

  router       = vyos_bgp.this.router
  router_id    = var.router_id
  interfaces   = { (var.upstream.interface) = { area = var.upstream.area } }
  redistribute = { bgp = { metric = var.upstream.metric, metric_type = var.upstream.metric_type, route_map = vyos_route_map.ipv6[0].name } }
}
