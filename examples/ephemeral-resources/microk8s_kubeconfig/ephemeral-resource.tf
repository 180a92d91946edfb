resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}

ephemeral "microk8s_kubeconfig" "this" {
  host      = microk8s_node.cp1.host
  node_name = microk8s_node.cp1.node_name # nothing is read before the node is there
}

# The `kubernetes` and `helm` providers take the same; the guide "Other providers for the cluster" shows them.
provider "microk8s" {
  alias = "api"
  kubernetes = {
    host                   = ephemeral.microk8s_kubeconfig.this.server
    cluster_ca_certificate = ephemeral.microk8s_kubeconfig.this.cluster_ca_certificate
    client_certificate     = ephemeral.microk8s_kubeconfig.this.client_certificate
    client_key             = ephemeral.microk8s_kubeconfig.this.client_key
  }
}
