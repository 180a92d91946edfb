import {
  to = metallb_bgp_peer.edge
  identity = {
    cluster = "10.0.0.11"
    name    = "edge"
  }
}
