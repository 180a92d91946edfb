import {
  to = vyos_bgp_peer_group.nodes
  identity = {
    router = "edge"
    name   = "NODES"
  }
}
