import {
  to = calico_host_endpoint.cp1
  identity = {
    cluster = "10.0.0.11"
    name    = "cp1"
  }
}
