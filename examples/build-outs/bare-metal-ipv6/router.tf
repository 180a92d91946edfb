# The router: a BGP session with every node, and what the nodes announce passed on to the upstream by OSPF.

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

# Nothing but addresses of load balancers is passed on, whatever the nodes announce.
resource "vyos_prefix_list6" "load_balancer" {
  provider = microk8s

  router = vyos_bgp.edge.router
  name   = "LOAD-BALANCER"
  rules = {
    for index, prefix in var.load_balancer_addresses : 10 * (index + 1) => { action = "permit", prefix = prefix, le = 128 }
  }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_route_map" "load_balancer" {
  provider = microk8s

  router = vyos_bgp.edge.router
  name   = "LOAD-BALANCER"
  rules  = { 10 = { action = "permit", match = { ipv6_prefix_list = vyos_prefix_list6.load_balancer.name } } }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}

resource "vyos_ospfv3" "upstream" {
  provider = microk8s

  router       = vyos_bgp.edge.router
  router_id    = var.router_address
  interfaces   = { (var.upstream_interface) = { area = "0" } }
  redistribute = { bgp = { metric_type = 2, route_map = vyos_route_map.load_balancer.name } }
}
