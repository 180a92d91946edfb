import {
  to = microk8s_cluster_member.this["cp2"]
  identity = {
    cluster = "10.0.0.11"
    host    = "10.0.0.12"
  }
}
