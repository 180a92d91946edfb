resource "vyos_prefix_list6" "pools" {
  provider = microk8s # the type's prefix is not the provider's name

  router = "edge" # a key of the provider's `routers`
  name   = "LB"
  rules  = { "10" = { action = "permit", prefix = "2001:db8:f000:2::/64", le = 128 } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_route_map" "from_nodes" {
  provider = microk8s

  router = vyos_prefix_list6.pools.router
  name   = "FROM-NODES"
  rules = {
    "10" = {
      action = "permit"
      match  = { ipv6_prefix_list = vyos_prefix_list6.pools.name } # the attribute, so that the list comes first
      set    = { local_preference = 200, community_add = ["64512:100"] }
    }
    # What no rule matches is denied.
  }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_bgp" "edge" {
  provider = microk8s

  router    = "edge"
  system_as = 64512
}

resource "vyos_bgp_neighbor" "node" {
  provider = microk8s

  router       = vyos_bgp.edge.router
  address      = "10.0.0.11"
  remote_as    = "internal"
  ipv6_unicast = { route_map_import = vyos_route_map.from_nodes.name }
}
