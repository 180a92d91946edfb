import {
  to = calico_global_network_policy.node_ports
  identity = {
    cluster = "10.0.0.11"
    name    = "node-ports"
  }
}
