# terraform query -generate-config-out=adopted.tf
list "vyos_config" "all" {
  provider = microk8s

  config {
    router = "edge"
  }
}

# One part for each user.
list "vyos_config" "users" {
  provider = microk8s

  config {
    router = "edge"
    path   = "system login user"
  }
}
