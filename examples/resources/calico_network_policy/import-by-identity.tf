import {
  to = calico_network_policy.web
  identity = {
    cluster   = "10.0.0.11"
    namespace = "shop"
    name      = "web"
  }
}
