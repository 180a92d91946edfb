import {
  to = microk8s_cluster_ipv6.this
  identity = {
    host = "10.0.0.11"
  }
}
