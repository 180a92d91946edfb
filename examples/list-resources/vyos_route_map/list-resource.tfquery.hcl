# terraform query -generate-config-out=adopted.tf
list "vyos_route_map" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
