# terraform query -generate-config-out=adopted.tf
list "vyos_prefix_list6" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
