# terraform query -generate-config-out=adopted.tf
list "vyos_ospf" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
