resource "vyos_prefix_list6" "pools" {
  provider = microk8s # the type's prefix is not the provider's name

  router = "edge" # a key of the provider's `routers`
  name   = "LB"
  rules  = { "10" = { action = "permit", prefix = "2001:db8:f000:2::/64", le = 128 } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_route_map" "to_upstream" {
  provider = microk8s

  router = "edge"
  name   = "TO-UPSTREAM"
  rules  = { "10" = { action = "permit", match = { ipv6_prefix_list = vyos_prefix_list6.pools.name } } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_ospfv3" "edge" {
  provider = microk8s

  router     = "edge"
  router_id  = "10.0.0.1"
  interfaces = { eth1 = { area = "0" } } # the link to the routers around; both ends need the same timers

  # IPv6 addresses of LoadBalancer services, which BGP learned from the nodes, and nothing else.
  redistribute = { bgp = { metric = 100, metric_type = 1, route_map = vyos_route_map.to_upstream.name } }
}
