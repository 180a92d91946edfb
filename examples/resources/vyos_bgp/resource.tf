resource "vyos_bgp" "edge" {
  provider = microk8s # the type's prefix is not the provider's name

  router    = "edge" # a key of the provider's `routers`
  system_as = 64512
  router_id = "10.0.0.1"

  # Routes over several nodes at once, so that the traffic of a Service is spread.
  ipv6_unicast = {
    maximum_paths_ibgp = 4
  }
}
