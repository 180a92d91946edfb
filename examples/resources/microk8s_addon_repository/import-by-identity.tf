import {
  to = microk8s_addon_repository.community
  identity = {
    host = "10.0.0.11"
    name = "community"
  }
}
