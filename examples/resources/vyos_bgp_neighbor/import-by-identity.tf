import {
  to = vyos_bgp_neighbor.node["cp1"]
  identity = {
    router  = "edge"
    address = "10.0.0.11"
  }
}
