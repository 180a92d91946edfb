import {
  to = metallb_bgp_advertisement.default
  identity = {
    cluster = "10.0.0.11"
    name    = "default"
  }
}
