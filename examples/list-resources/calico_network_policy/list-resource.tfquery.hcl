# terraform query -generate-config-out=adopted.tf
list "calico_network_policy" "all" {
  provider = microk8s

  config {
    cluster = "10.0.0.11" # a control plane
  }
}
