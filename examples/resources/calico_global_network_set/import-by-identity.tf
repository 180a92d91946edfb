import {
  to = calico_global_network_set.office
  identity = {
    cluster = "10.0.0.11"
    name    = "office"
  }
}
