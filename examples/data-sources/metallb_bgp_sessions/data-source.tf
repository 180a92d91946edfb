data "metallb_bgp_sessions" "all" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster = "10.0.0.11" # a control plane
}

# Every plan says whether a session is down, and why.
check "sessions" {
  assert {
    condition     = alltrue([for one in data.metallb_bgp_sessions.all.sessions : one.established])
    error_message = join("\n", [for one in data.metallb_bgp_sessions.all.sessions : "${one.node}: ${one.reason}" if one.reason != null])
  }
}
