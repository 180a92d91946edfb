import {
  to = vyos_prefix_list.pools
  identity = {
    router = "edge"
    name   = "LB4"
  }
}
