# What a person would look at by hand. Every plan and every apply asks, and warns where something is wrong; inside a check, what cannot be
# read is a warning too. Terraform lists these reads in every plan, so `plan -detailed-exitcode` says 2 where nothing is to be changed.

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

    depends_on = [vyos_bgp_neighbor.node, metallb_bgp_advertisement.default]
  }

  assert {
    condition = alltrue([
      for address, one in data.vyos_bgp_summary.edge.neighbors : one.state == "Established"
    ])
    error_message = join("\n", [
      for address, one in data.vyos_bgp_summary.edge.neighbors : "${address}: ${one.state}, last reset: ${coalesce(one.last_reset, "none")}"
      if one.state != "Established"
    ])
  }
}
