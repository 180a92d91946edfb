resource "vyos_bgp" "edge" {
  provider = microk8s # the type's prefix is not the provider's name

  router    = "edge" # a key of the provider's `routers`
  system_as = 64512
  router_id = "10.0.0.1"
}

resource "vyos_bgp_neighbor" "node" {
  provider = microk8s
  for_each = { cp1 = "10.0.0.11", cp2 = "10.0.0.12", cp3 = "10.0.0.13" }

  router      = vyos_bgp.edge.router # the attribute, so that BGP is there before its neighbors and removed after them
  address     = each.value
  remote_as   = "internal" # the router's own AS; a number in quotes otherwise
  description = "metallb-${each.key}"

  # The object being there turns the family on; none is on without it.
  ipv4_unicast = {}
  ipv6_unicast = { maximum_prefix = 1000 }
}
