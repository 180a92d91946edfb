data "vyos_routes" "load_balancers" {
  provider = microk8s # the type's prefix is not the provider's name

  router          = "edge" # a key of the provider's `routers`
  protocol        = "bgp"
  prefix          = "2001:db8:f000:2::/64"
  longer_prefixes = true
}

# In a check, a router that does not answer and a route that does not come are warnings.
check "page_is_routed" {
  data "vyos_routes" "page" {
    provider = microk8s

    router   = "edge"
    protocol = "bgp"
    wait     = { prefixes = ["2001:db8:f000:2::1/128"], timeout = "30s" }
  }

  assert {
    condition     = length(data.vyos_routes.page.routes) > 0
    error_message = "The router has no route to the page."
  }
}
