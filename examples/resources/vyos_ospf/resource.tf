resource "vyos_ospf" "edge" {
  provider = microk8s # the type's prefix is not the provider's name

  router     = "edge" # a key of the provider's `routers`
  router_id  = "10.0.0.1"
  interfaces = { eth1 = { area = "0" } } # the link to the routers around; both ends need the same timers

  # IPv4 addresses of LoadBalancer services, which BGP learned from the nodes.
  redistribute = { bgp = { metric = 100, metric_type = 1 } }
}
