import {
  to = metallb_bfd_profile.fast
  identity = {
    cluster = "10.0.0.11"
    name    = "fast"
  }
}
