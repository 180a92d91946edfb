import {
  to = vyos_config.ntp
  identity = {
    router = "edge"
    path   = "service ntp"
  }
}
