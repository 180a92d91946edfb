import {
  to = vyos_ospfv3.edge
  identity = {
    router = "edge"
  }
}
