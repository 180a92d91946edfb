import {
  to = calico_ippool.v6
  identity = {
    cluster = "10.0.0.11"
    name    = "default-ipv6-ippool"
  }
}
