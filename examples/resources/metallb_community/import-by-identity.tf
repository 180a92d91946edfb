import {
  to = metallb_community.well_known
  identity = {
    cluster = "10.0.0.11"
    name    = "well-known"
  }
}
