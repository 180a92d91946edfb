import {
  to = vyos_prefix_list6.pools
  identity = {
    router = "edge"
    name   = "LB"
  }
}
