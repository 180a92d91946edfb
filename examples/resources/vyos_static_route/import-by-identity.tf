import {
  to = vyos_static_route.pool
  identity = {
    router      = "edge"
    destination = "2001:db8:f000:2::/64"
  }
}
