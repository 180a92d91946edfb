import {
  to = microk8s_object.web
  identity = {
    cluster     = "10.0.0.11"
    api_version = "v1"
    kind        = "Service"
    namespace   = "shop"
    name        = "web"
  }
}
