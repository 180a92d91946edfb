# terraform query -generate-config-out=adopted.tf
list "vyos_bgp" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
