import {
  to = vyos_bgp.edge
  identity = {
    router = "edge"
  }
}
