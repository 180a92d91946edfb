# terraform query -generate-config-out=adopted.tf
list "metallb_ip_address_pool" "all" {
  provider = microk8s

  config {
    cluster = "10.0.0.11" # a control plane
  }
}
