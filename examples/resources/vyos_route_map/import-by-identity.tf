import {
  to = vyos_route_map.from_nodes
  identity = {
    router = "edge"
    name   = "FROM-NODES"
  }
}
