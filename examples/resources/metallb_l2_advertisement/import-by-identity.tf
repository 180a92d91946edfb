import {
  to = metallb_l2_advertisement.local
  identity = {
    cluster = "10.0.0.11"
    name    = "local"
  }
}
