resource "calico_network_policy" "web" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster   = "10.0.0.11" # a control plane
  namespace = "shop"
  name      = "web"
  selector  = "app == 'web'"

  ingress = [{
    action      = "Allow"
    protocol    = "TCP"
    destination = { ports = ["8080"] }
  }]

  egress = [{
    action      = "Allow"
    protocol    = "UDP"
    destination = { selector = "k8s-app == 'kube-dns'", namespace_selector = "all()", ports = ["53"] }
  }]
}
