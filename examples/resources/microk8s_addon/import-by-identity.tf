import {
  to = microk8s_addon.dns
  identity = {
    host = "10.0.0.11"
    name = "dns"
  }
}
