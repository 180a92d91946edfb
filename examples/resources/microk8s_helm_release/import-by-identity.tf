import {
  to = microk8s_helm_release.metallb
  identity = {
    host      = "10.0.0.11"
    namespace = "metallb-system"
    name      = "metallb"
  }
}
