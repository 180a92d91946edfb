resource "calico_global_network_policy" "node_ports" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster  = "10.0.0.11" # a control plane
  name     = "node-ports"
  selector = "role == 'node'" # host endpoints with this label

  order            = 10
  pre_dnat         = true # before a NodePort becomes a pod's address
  apply_on_forward = true

  ingress = [
    { action = "Allow", source = { selector = "role == 'office'" } },
    {
      action      = "Deny"
      protocol    = "TCP"
      destination = { ports = ["30000:32767"] }
    },
  ]
}
