resource "vyos_prefix_list6" "pools" {
  provider = microk8s # the type's prefix is not the provider's name

  router      = "edge" # a key of the provider's `routers`
  name        = "LB"
  description = "IPv6 addresses of LoadBalancer services"
  rules = {
    # The network itself and everything inside it.
    "10" = { action = "permit", prefix = "2001:db8:f000:2::/64", le = 128 }
  }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}
