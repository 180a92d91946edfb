# terraform query -generate-config-out=adopted.tf
list "vyos_ospfv3" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
