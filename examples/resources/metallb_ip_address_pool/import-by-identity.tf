import {
  to = metallb_ip_address_pool.default
  identity = {
    cluster = "10.0.0.11"
    name    = "default-pool"
  }
}
