# What a person would look at by hand. Every plan and every apply asks, and warns where something is wrong; inside a check, what cannot be
# read is a warning too. Terraform lists these reads in every plan, so `plan -detailed-exitcode` says 2 where nothing is to be changed.

locals {
  # How long checks wait for what comes by itself after a change.
  moment = "15s"

  # The page's network, once it has an address.
  page = [for address in flatten([for one in data.metallb_service_addresses.web : values(one.services)[*].addresses]) : "${address}/128"]

  let_through = [for rule in values(vyos_prefix_list6.load_balancer.rules) : rule.prefix if rule.action == "permit"]

  # What the nodes announce that is in none of these prefixes.
  kept_back = [
    for address in local.page : address if !anytrue([
      for prefix in local.let_through : cidrhost("${split("/", address)[0]}/${split("/", prefix)[1]}", 0) == cidrhost(prefix, 0)
    ])
  ]
}

check "nodes" {
  data "microk8s_status" "cluster" {
    host = microk8s_cluster_ipv6.this.host

    depends_on = [microk8s_cluster_member.this, microk8s_addon.dns]
  }

  assert {
    condition     = alltrue([for node in data.microk8s_status.cluster.nodes : node.ready])
    error_message = "Not ready: ${join(", ", [for node in data.microk8s_status.cluster.nodes : node.name if !node.ready])}."
  }
}

# Both ends of the sessions: each says what it knows.
check "sessions" {
  data "metallb_bgp_sessions" "nodes" {
    provider = microk8s

    cluster = metallb_bgp_peer.edge.cluster
    wait    = { timeout = local.moment }

    depends_on = [vyos_bgp_neighbor.node, metallb_bgp_advertisement.default]
  }

  assert {
    condition = alltrue([for one in data.metallb_bgp_sessions.nodes.sessions : one.established])
    error_message = join("\n", [
      for one in data.metallb_bgp_sessions.nodes.sessions : "${one.node}: ${coalesce(one.reason, "down")}" if !one.established
    ])
  }
}

check "neighbors" {
  data "vyos_bgp_summary" "edge" {
    provider = microk8s

    router = vyos_bgp.edge.router
    wait   = { prefixes_received = var.web ? 1 : 0, timeout = local.moment }

    depends_on = [vyos_bgp_neighbor.node, metallb_bgp_advertisement.default]
  }

  assert {
    condition     = length(data.vyos_bgp_summary.edge.neighbors) == length(var.nodes)
    error_message = "The router has neighbors that are no nodes: ${join(", ", keys(data.vyos_bgp_summary.edge.neighbors))}."
  }
}

# The way to the page: from the nodes through the router's BGP to its kernel.
check "way_to_the_page" {
  data "vyos_routes" "page" {
    provider = microk8s

    router   = vyos_bgp.edge.router
    family   = "ipv6"
    protocol = "bgp"
    wait     = length(local.page) > 0 ? { prefixes = local.page, timeout = local.moment } : null
  }

  assert {
    condition     = length(local.page) > 0 || !var.web
    error_message = "The page has no address. ${join(" ", compact(flatten([for one in data.metallb_service_addresses.web : values(one.services)[*].problem])))}"
  }

  assert {
    condition     = length(local.kept_back) == 0
    error_message = "Prefix list ${vyos_prefix_list6.load_balancer.name} keeps from the upstream: ${join(", ", local.kept_back)}."
  }
}
