# terraform query -generate-config-out=adopted.tf
list "vyos_bgp_peer_group" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}
