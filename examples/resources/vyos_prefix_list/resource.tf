resource "vyos_prefix_list" "pools" {
  provider = microk8s # the type's prefix is not the provider's name

  router      = "edge" # a key of the provider's `routers`
  name        = "LB4"
  description = "IPv4 addresses of LoadBalancer services"
  rules = {
    # The network itself and everything inside it.
    "10" = { action = "permit", prefix = "192.0.2.0/24", le = 32 }
  }

  lifecycle {
    create_before_destroy = true # so that what names it is changed before it is removed
  }
}
