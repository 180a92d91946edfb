import {
  to = vyos_ospf.edge
  identity = {
    router = "edge"
  }
}
