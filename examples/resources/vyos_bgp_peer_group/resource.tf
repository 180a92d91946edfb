resource "vyos_bgp" "edge" {
  provider = microk8s # the type's prefix is not the provider's name

  router    = "edge" # a key of the provider's `routers`
  system_as = 64512
}

resource "vyos_bgp_peer_group" "nodes" {
  provider = microk8s

  router       = vyos_bgp.edge.router # the attribute, so that BGP is there before its groups and removed after them
  name         = "NODES"
  remote_as    = "internal"
  description  = "nodes of the cluster"
  passive      = true # the nodes' speakers connect
  ipv6_unicast = { maximum_prefix = 1000 }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_bgp_neighbor" "node" {
  provider = microk8s
  for_each = { cp1 = "10.0.0.11", cp2 = "10.0.0.12", cp3 = "10.0.0.13" }

  router      = vyos_bgp.edge.router
  address     = each.value
  description = "metallb-${each.key}"
  peer_group  = vyos_bgp_peer_group.nodes.name
}
