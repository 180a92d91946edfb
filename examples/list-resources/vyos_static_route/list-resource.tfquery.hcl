# terraform query -generate-config-out=adopted.tf
list "vyos_static_route" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
