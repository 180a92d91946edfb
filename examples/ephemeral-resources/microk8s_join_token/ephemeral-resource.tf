ephemeral "microk8s_join_token" "worker" {
  host      = microk8s_node.cp1.host
  node_name = microk8s_node.cp1.node_name
}

resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}
