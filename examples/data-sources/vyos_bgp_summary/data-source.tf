data "vyos_bgp_summary" "edge" {
  provider = microk8s # the type's prefix is not the provider's name

  router = "edge" # a key of the provider's `routers`
}

check "sessions" {
  assert {
    condition     = alltrue([for one in values(data.vyos_bgp_summary.edge.neighbors) : one.state == "Established"])
    error_message = "A neighbor's session is not established."
  }
}
