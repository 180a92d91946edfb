# Which routes are let in changes with the list: they are asked for again. By hand:
# terraform apply -invoke=action.vyos_bgp_reset.nodes
action "vyos_bgp_reset" "nodes" {
  provider = microk8s # the type's prefix is not the provider's name
  config {
    router    = "edge"
    neighbors = ["10.0.0.11", "10.0.0.12"]
    direction = "in"
  }
}

resource "vyos_prefix_list6" "lb" {
  provider = microk8s
  router   = "edge"
  name     = "LB"
  rules    = { "10" = { action = "permit", prefix = "2001:db8:f000:2::/64", le = 128 } }

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.vyos_bgp_reset.nodes]
    }
  }
}
