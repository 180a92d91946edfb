import {
  to = microk8s_node.seeded
  identity = {
    host = "10.0.0.22"
  }
}
