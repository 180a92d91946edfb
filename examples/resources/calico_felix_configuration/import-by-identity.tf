import {
  to = calico_felix_configuration.all
  identity = {
    cluster = "10.0.0.11"
    name    = "default"
  }
}
