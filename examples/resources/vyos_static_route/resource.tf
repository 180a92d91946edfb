resource "vyos_static_route" "default" {
  provider = microk8s # the type's prefix is not the provider's name

  router      = "edge" # a key of the provider's `routers`
  destination = "::/0"
  next_hops   = { "fe80::1" = { interface = "eth1" } } # a link-local address needs its interface
}

# Drops traffic to addresses that no service has, instead of sending it back to the upstream.
resource "vyos_static_route" "pool" {
  provider = microk8s

  router      = "edge"
  destination = "2001:db8:f000:2::/64"
  blackhole   = { distance = 250 }
}
